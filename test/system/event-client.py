"""Prints the id of each batch of a stream of events, and connects again whenever that ends: event-client.py HOST PORT PATH"""
import http.client
import sys
import time

host, port, path = sys.argv[1:]
last = None
while True:
    try:
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.request('GET', path, headers={} if last is None else {'Last-Event-ID': last})
        event, id = '', None
        with connection.getresponse() as response:
            if response.status != 200:
                raise ConnectionError(response.status)
            for line in response:
                field, _, value = line.decode().rstrip('\n').partition(': ')
                if field == 'id':
                    id = value
                elif field == 'event':
                    event = value
                elif field == '':
                    if event == 'batch':
                        last = id
                        print(id, flush=True)
                    event, id = '', None
    except (OSError, http.client.HTTPException):
        pass
    time.sleep(0.05)
