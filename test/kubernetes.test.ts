import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { IDeployment } from 'kubernetes-models/apps/v1'
import { Deployment } from 'kubernetes-models/apps/v1'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import type { ISecret, IService, IServiceAccount } from 'kubernetes-models/v1'
import { Secret, Service, ServiceAccount } from 'kubernetes-models/v1'
import { t as root, test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { readKeys } from '../src/access/keys.ts'
import { environment } from '../src/config.ts'
import { finish } from './loss/support.ts'
import { appOf } from './support.ts'

const folder = join(import.meta.dirname, '..')
const manifest = readFileSync(join(folder, 'docs/operate/kubernetes.yaml'), 'utf8')
const documents = parseAllDocuments(manifest).map((document) => document.toJS())
const [secret, keys, deployment, service, budget, account, policy] = documents as [
  ISecret,
  ISecret,
  IDeployment,
  IService,
  IPodDisruptionBudget,
  IServiceAccount,
  INetworkPolicy,
]

const pod = deployment.spec?.template.spec
const container = pod?.containers[0]
const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe].map(
  (probe) => probe?.httpGet,
)
const labels = deployment.spec?.template.metadata?.labels

test('the manifest fits the schemas of the Kubernetes API', async (t) => {
  t.same(
    documents.map(({ kind }) => kind),
    ['Secret', 'Secret', 'Deployment', 'Service', 'PodDisruptionBudget', 'ServiceAccount', 'NetworkPolicy'],
  )
  new Secret(secret).validate()
  new Secret(keys).validate()
  new Deployment(deployment).validate()
  new Service(service).validate()
  new PodDisruptionBudget(budget).validate()
  new ServiceAccount(account).validate()
  new NetworkPolicy(policy).validate()
})

test('it has no field that the API does not know', async (t) => {
  const cache = join(folder, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const scratch = mkdtempSync(join(cache, 'kubernetes-'))
  t.after(() => rmSync(scratch, { recursive: true }))
  const file = join(scratch, 'manifest.ts')
  const module = ({ apiVersion }: { apiVersion: string }) => `kubernetes-models/${apiVersion}`
  const constants = documents.map(
    (document, at) =>
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
  t.same(policy.spec?.podSelector, selector)
  t.equal(pod?.serviceAccountName, account.metadata?.name)
  t.ok(Number(budget.spec?.maxUnavailable) < Number(deployment.spec?.replicas))
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
  t.match(pod, { automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, runAsUser: 1000 } })
  t.match(container?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})
