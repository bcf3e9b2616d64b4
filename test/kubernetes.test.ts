import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import type { IServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import type { IDeployment } from 'kubernetes-models/apps/v1'
import { Deployment } from 'kubernetes-models/apps/v1'
import type { IJob } from 'kubernetes-models/batch/v1'
import { Job } from 'kubernetes-models/batch/v1'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import type { ISecret, IService, IServiceAccount } from 'kubernetes-models/v1'
import { Secret, Service, ServiceAccount } from 'kubernetes-models/v1'
import { t as root, test } from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { readKeys } from '../src/access/keys.ts'
import { environment } from '../src/config.ts'
import { storeCommand } from '../src/store-command.ts'
import { listIn, said } from './dockerfile.ts'
import { finish } from './loss/support.ts'
import { appOf } from './support.ts'

const folder = join(import.meta.dirname, '..')
const base = join(folder, 'docs/operate/kubernetes')
const kustomization = parse(readFileSync(join(base, 'kustomization.yaml'), 'utf8'))
const documents = kustomization.resources.flatMap((file: string) =>
  parseAllDocuments(readFileSync(join(base, file), 'utf8')).map((document) => document.toJS()),
)
const [secret, keys, metricsKey, account, policy, migration, deployment, service, budget, monitor] = documents as [
  ISecret,
  ISecret,
  ISecret,
  IServiceAccount,
  INetworkPolicy,
  IJob,
  IDeployment,
  IService,
  IPodDisruptionBudget,
  IServiceMonitor,
]

const pod = deployment.spec?.template.spec
const container = pod?.containers[0]
const migrating = migration.spec?.template.spec
const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe].map(
  (probe) => probe?.httpGet,
)
const labels = deployment.spec?.template.metadata?.labels
const migrationLabels = migration.spec?.template.metadata?.labels

test('the manifests fit the schemas of the Kubernetes API and of the Prometheus Operator', async () => {
  new Secret(secret).validate()
  new Secret(keys).validate()
  new Secret(metricsKey).validate()
  new ServiceAccount(account).validate()
  new NetworkPolicy(policy).validate()
  new Job(migration).validate()
  new Deployment(deployment).validate()
  new Service(service).validate()
  new PodDisruptionBudget(budget).validate()
  new ServiceMonitor(monitor).validate()
})

test('kustomize finds all of them, and puts the image into both', async (t) => {
  t.same(
    kustomization.resources.toSorted(),
    readdirSync(base)
      .filter((file) => file !== 'kustomization.yaml')
      .toSorted(),
  )
  const [{ name, newName, newTag }, ...more] = kustomization.images
  t.same(more, [])
  t.same([container?.image, migrating?.containers[0].image], [name, name])
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  t.equal(newTag, version)
  const { status, stdout } = spawnSync('kubectl', ['kustomize', base], { encoding: 'utf8' })
  if (status === null) return t.comment('kubectl is not installed')
  const built = parseAllDocuments(stdout).map((document) => document.toJS())
  const named = ({ kind, metadata }: { kind: string; metadata: { name: string } }) => `${kind} ${metadata.name}`
  t.same(built.map(named).toSorted(), documents.map(named).toSorted())
  t.equal(stdout.match(new RegExp(`image: ${newName}:${newTag}\\n`, 'g'))?.length, 2)
})

test('it has no field that the API does not know', async (t) => {
  const cache = join(folder, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const scratch = mkdtempSync(join(cache, 'kubernetes-'))
  t.after(() => rmSync(scratch, { recursive: true }))
  const file = join(scratch, 'manifests.ts')
  const module = ({ apiVersion }: { apiVersion: string }) =>
    `${apiVersion.startsWith('monitoring') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models'}/${apiVersion}`
  const constants = documents.map(
    (document: { apiVersion: string; kind: string }, at: number) =>
      `export const c${at}: import('${module(document)}').I${document.kind} = ${JSON.stringify(document)}`,
  )
  // were the types not found, the mistake would not be
  constants.push(`// @ts-expect-error
export const wrong: import('kubernetes-models/v1').ISecret = { kind: 'Secret', apiVersion: 'v1', stringdata: {} }`)
  writeFileSync(file, constants.join('\n'))
  const compiler = join(folder, 'node_modules/typescript/bin/tsc')
  const flags = '--noEmit --strict --skipLibCheck --ignoreConfig --module nodenext'.split(' ')
  // without env, tap would load itself into the compiler, which cannot bear it
  const complaints = await promisify(execFile)('env', ['-i', process.execPath, compiler, ...flags, file]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  )
  t.equal(complaints, '')
})

test('everything in it that goes together does', async (t) => {
  const selector = { matchLabels: labels }
  t.same(deployment.spec?.selector, selector)
  t.same(pod?.topologySpreadConstraints?.[0].labelSelector, selector)
  t.same(budget.spec?.selector, selector)
  t.same(service.spec?.selector, labels)
  const [mount] = container?.volumeMounts ?? []
  t.same(pod?.volumes, [{ name: mount.name, secret: { secretName: keys.metadata?.name } }])
  const path = container?.env?.find(({ name }) => name === 'API_KEYS_FILE')?.value
  t.same(
    Object.keys(keys.stringData ?? {}).map((name) => `${mount.mountPath}/${name}`),
    [path],
  )
  t.same(finish(readKeys(String(keys.stringData?.['keys.json']))).size, 0)
  t.same(container?.envFrom, [{ secretRef: { name: secret.metadata?.name } }])
  const [port] = container?.ports ?? []
  t.equal(port.containerPort, environment.shape.PORT.parse(undefined))
  t.same([service.spec?.ports?.[0].targetPort, ...probes.map((probe) => probe?.port)], Array(4).fill(port.name))
  t.same(policy.spec?.ingress, [{ ports: [{ port: port.name }] }])
  const { key, operator, values } = policy.spec?.podSelector?.matchExpressions?.[0] ?? {}
  t.same([key, operator, values], ['app', 'In', [labels?.app, migrationLabels?.app]])
  t.equal(pod?.serviceAccountName, account.metadata?.name)
  t.ok(Number(budget.spec?.maxUnavailable) < Number(deployment.spec?.replicas))
})

test('Prometheus finds the service under the job that the alerts look at, with a key', async (t) => {
  const { selector, jobLabel = '', endpoints } = monitor.spec ?? {}
  t.same(selector?.matchLabels, service.metadata?.labels)
  const alerts = readFileSync(join(folder, 'src/operation/alerts.yml'), 'utf8')
  t.match(alerts, `job="${service.metadata?.labels?.[jobLabel]}"`)
  const [{ port, path, authorization }] = endpoints ?? []
  t.equal(port, service.spec?.ports?.[0].name)
  const { name, key = '' } = authorization?.credentials ?? {}
  t.equal(name, metricsKey.metadata?.name)
  t.ok(key in (metricsKey.stringData ?? {}))
  const app = await appOf(root)
  t.equal((await app.inject(String(path))).statusCode, 200)
})

test('the job runs the migration of the image, as the service is run, and the Service does not find it', async (t) => {
  const [job] = migrating?.containers ?? []
  const [node, command, ...args] = job.command ?? []
  t.equal(node, listIn(said('CMD'))[0])
  t.equal(join(folder, command), join(folder, 'src/store-command.ts'))
  const told: string[] = []
  const err = new Writable({
    write(chunk, _, done) {
      told.push(String(chunk))
      done()
    },
  })
  t.equal(await storeCommand(args, 'memory:', { in: process.stdin, out: err, err }), 0)
  t.match(told.join(''), 'The schema is up to date.')
  t.same(job.envFrom, container?.envFrom)
  t.not(migrationLabels?.app, labels?.app)
  t.equal(migrating?.serviceAccountName, account.metadata?.name)
})

test('the service knows its variables and probes, and ends within its time', async (t) => {
  const variables = {
    ...secret.stringData,
    ...Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value])),
  }
  for (const name of Object.keys(variables)) t.ok(name in environment.shape, name)
  const { SHUTDOWN_DELAY_MS: delay, SHUTDOWN_TIMEOUT_MS: timeout } = environment.parse(variables)
  t.ok(1000 * Number(pod?.terminationGracePeriodSeconds) > delay + timeout)
  const { periodSeconds = 10, failureThreshold = 3 } = container?.readinessProbe ?? {}
  t.ok(1000 * periodSeconds * failureThreshold < delay, 'it is turned away from before it ends')
  const app = await appOf(root)
  for (const probe of probes) t.equal((await app.inject(String(probe?.path))).statusCode, 200)
})

test('it runs without rights that it does not need', async (t) => {
  for (const each of [pod, migrating]) {
    t.match(each, { automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, runAsUser: 1000 } })
    const { securityContext, resources } = each?.containers[0] ?? {}
    t.match(securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    t.match(resources?.limits, { cpu: String, memory: String, 'ephemeral-storage': String })
  }
})
