import { Socket } from 'node:net'
import type { Connection } from './table.ts'

/** Keeps node:http from reading on after each request, while some wait, and after each chunk, while the connection rests. */
export function controlReading(connection: Connection): void {
  const { socket } = connection
  socket.resume = () => {
    const isHeldBack = connection.isResting || (connection.waiting.length > 0 && !connection.isEnding)
    return isHeldBack ? socket : Socket.prototype.resume.call(socket)
  }
}

export function rest(connection: Connection): void {
  connection.isResting = true
  connection.socket.pause()
}

export function readOn(connection: Connection): void {
  connection.isResting = false
  connection.socket.resume()
}
