/** @import { ProblemTexts } from './en.js' */

/** What the problem types and the codes of errors mean, in Korean. @type {ProblemTexts} */
export const problems = {
  types: {
    'malformed-body': {
      title: '본문을 읽을 수 없습니다',
      meaning:
        '본문이 Content-Type과 맞지 않습니다. 올바른 JSON(RFC 8259)이 아니거나, 같은 키가 두 번 나오거나, 키 `__proto__`가 있습니다.',
      remedy:
        '`detail`이 가리키는 위치에서 본문을 고치세요. NaN, Infinity, 주석은 JSON이 아닙니다. 무엇을 보냈는지 알아볼 수 있으면 `looksLike`가 한 단어로 알려 줍니다.',
    },
    'bad-request': {
      title: '요청을 읽을 수 없습니다',
      meaning: '요청이 올바른 HTTP가 아니거나, 헤더 또는 URL 일부의 형식이 잘못되었습니다.',
      remedy: '`detail`이 가리키는 것을 고치세요.',
    },
    unauthenticated: {
      title: '키가 필요합니다',
      meaning:
        '이 요청에는 키나 토큰이 필요합니다. 없거나, 알 수 없거나, 만료되었거나, 다른 대상에게 발급된 것입니다. 본문은 읽지 않았습니다.',
      remedy: '서비스 운영자에게 받은 키나 토큰을 `Authorization: Bearer KEY` 헤더로 보내세요.',
    },
    forbidden: {
      title: '이 키로는 할 수 없습니다',
      meaning: '키나 토큰은 유효하지만 `scope`에 적힌 권한 범위가 없습니다. 본문은 읽지 않았습니다.',
      remedy: '서비스 운영자에게 이 권한 범위가 있는 키를 요청하세요.',
    },
    'not-found': {
      title: '그런 리소스가 없습니다',
      meaning: '이 경로에는 리소스가 없거나, 이 이름의 리소스가 없습니다.',
      remedy: '사용할 수 있는 경로는 /openapi.json이나 /docs에 있습니다.',
    },
    'method-not-allowed': {
      title: '허용되지 않는 메서드입니다',
      meaning: '리소스는 있지만 이 메서드를 지원하지 않습니다.',
      remedy: 'Allow 헤더에 있는 메서드를 사용하세요.',
    },
    'digest-mismatch': {
      title: '본문이 다이제스트와 다릅니다',
      meaning: '받은 바이트의 다이제스트가 Content-Digest 헤더(RFC 9530)와 다릅니다. 아무것도 저장하지 않았습니다.',
      remedy:
        '요청을 다시 보내세요. 다이제스트는 보내는 바이트로 계산합니다. 본문을 압축했다면 압축한 뒤의 바이트입니다.',
    },
    'request-timeout': {
      title: '요청이 너무 느리게 도착했습니다',
      meaning: '헤더나 본문이 /v1/limits에 있는 제한 시간 안에 도착하지 않았습니다.',
      remedy: '요청을 다시 보내세요. 연결이 느리면 배치를 줄이세요.',
    },
    conflict: {
      title: '같은 이름이 다른 내용에 쓰이고 있습니다',
      meaning:
        '이 이름의 평가가 다른 옵션으로 선언되어 있거나(`errors`에 있습니다), 이 이름의 배치가 다른 내용을 담고 있습니다. 아무것도 바꾸지 않았습니다.',
      remedy:
        '다른 이름을 쓰거나 전에 보낸 그대로 다시 보내세요. 같은 선언이나 배치를 되풀이하는 것은 충돌이 아닙니다.',
    },
    sealed: {
      title: '봉인된 평가입니다',
      meaning: '이 평가는 새 배치를 받지 않습니다. 이미 있는 배치는 다시 보내도 됩니다.',
      remedy: '새 배치를 보내려면 다른 평가를 선언하세요.',
    },
    'not-joined': {
      title: '이 평가는 데이터를 다른 방식으로 받습니다',
      meaning:
        '`join`으로 선언한 평가는 예측과 정답 레이블을 따로 받고 배치는 받지 않습니다. `join` 없이 선언한 평가는 배치를 받습니다. 아무것도 바꾸지 않았습니다.',
      remedy: '`detail`에 적힌 대로 보내거나 다른 평가를 선언하세요.',
    },
    'precondition-failed': {
      title: '평가가 바뀌었습니다',
      meaning: '평가의 ETag가 If-Match 헤더에 없습니다. 아무것도 바꾸지 않았습니다.',
      remedy: '평가를 다시 읽고 현재 ETag로 요청을 보내세요.',
    },
    incomplete: {
      title: '평가가 아직 끝나지 않았습니다',
      meaning: '선언한 배치 수나 데이터 수에 아직 이르지 못해 봉인할 수 없습니다.',
      remedy: '빠진 배치를 보낸 뒤 봉인하세요.',
    },
    'not-mergeable': {
      title: '평가마다 선언이 다릅니다',
      meaning:
        '합산하려면 선언이 같은 평가여야 합니다. 손실 함수, 옵션, `outputs`가 모두 같아야 합니다. `errors`의 항목마다 옵션과, 그 값이 첫 평가와 다른 평가를 알려 줍니다.',
      remedy: '이름의 앞부분(`prefix`)이나 `metadata.KEY=VALUE`로 서로 맞는 평가만 고르세요.',
    },
    'limit-exceeded': {
      title: '제한을 넘었습니다',
      meaning:
        '요청이나 요청한 응답이 서비스가 허용하는 크기를 넘습니다. `limit`은 제한의 이름, `allowed`는 그 값입니다.',
      remedy: '배치를 줄이거나 `include`를 줄이세요. 모든 제한은 GET /v1/limits에 있습니다.',
    },
    'unsupported-media-type': {
      title: '지원하지 않는 형식입니다',
      meaning:
        '이 리소스는 이 Content-Type이나 Content-Encoding의 본문, 또는 Content-Type이 없는 본문을 받지 않습니다.',
      remedy: '`accepted`에 있는 형식을 사용하세요.',
    },
    'expectation-failed': {
      title: 'Expect 헤더를 따를 수 없습니다',
      meaning: 'Expect 헤더가 100-continue가 아닙니다.',
      remedy: 'Expect 헤더를 빼세요.',
    },
    'invalid-content': {
      title: '내용이 올바르지 않습니다',
      meaning:
        '본문은 읽을 수 있지만 필드가 없거나, 알 수 없거나, 범위를 벗어났거나, 숫자가 선언과 어긋납니다. 서비스는 추측하지 않습니다. 데이터를 읽는 방식은 데이터에 따라 달라지지 않습니다.',
      remedy:
        '`errors`의 항목마다 위치(`pointer`, JSON 포인터), 무엇이 잘못되었는지를 나타내는 코드(`code`)와 문장(`detail`), 받은 값이 있습니다. `remedies`는 요청을 올바르게 만드는 변경이며, 데이터로 시험해 본 뒤에 제시합니다. `errorCount`는 나열하지 않은 것까지 포함한 오류의 수입니다.',
    },
    'rate-limited': {
      title: '요청 한도를 넘었습니다',
      meaning:
        '이 클라이언트(키의 소유자 또는 주소)가 이번 1분 동안의 요청 수나 압축을 푼 본문의 바이트를 모두 썼습니다. `limit`은 한도의 이름, `allowed`는 그 값입니다.',
      remedy: 'Retry-After 헤더의 초만큼 기다린 뒤 다시 보내세요. 남은 양은 RateLimit 헤더에 있습니다.',
    },
    'headers-too-large': {
      title: '헤더가 너무 큽니다',
      meaning: '요청 헤더가 16 KiB를 넘습니다.',
      remedy: '헤더를 줄이세요.',
    },
    'internal-error': {
      title: '내부 오류',
      meaning: '서비스에 문제가 생겼습니다. 로그에 같은 requestId로 원인이 남아 있습니다.',
      remedy: '다시 시도하세요. 계속되면 requestId를 알려 주세요.',
    },
    overloaded: {
      title: '지금은 받을 수 없습니다',
      meaning:
        '서비스가 종료하는 중이거나 한도에 이르렀습니다. 연결, 요청, 요청 바이트의 최대치를 전체로 또는 한 주소에서 채웠습니다.',
      remedy: 'Retry-After 헤더의 초만큼 기다린 뒤 다시 시도하거나 다른 인스턴스를 쓰세요.',
    },
    'issuer-unavailable': {
      title: '토큰을 검증할 수 없습니다',
      meaning:
        '토큰 발급자가 응답하지 않아 발급자의 키를 알 수 없고, 그래서 토큰을 검증할 수 없습니다. 서비스 자체의 키는 쓸 수 있습니다.',
      remedy: 'Retry-After 헤더의 초만큼 기다린 뒤 다시 보내세요.',
    },
    'store-unavailable': {
      title: '평가를 사용할 수 없습니다',
      meaning:
        '지금은 평가 저장소에 연결할 수 없습니다. 나머지는 모두 동작합니다. 배치가 저장되었는지는 알 수 없습니다.',
      remedy: 'Retry-After 헤더의 초만큼 기다린 뒤 다시 보내세요. 배치는 한 번만 세므로 다시 보내도 안전합니다.',
    },
  },
  codes: {
    missing: '필수 필드, 파트 또는 텐서가 없습니다.',
    'unknown-field': '여기에는 그런 필드가 없습니다.',
    'unknown-value': '이 필드에 쓸 수 있는 값이 아닙니다.',
    'wrong-type': '이 필드에 필요한 JSON 타입이 아닙니다.',
    empty: '배열, 행 또는 칸이 비어 있습니다.',
    shape: '배열의 형상이 선언이나 다른 배열과 맞지 않습니다.',
    'not-a-number': '숫자가 있어야 할 자리에 문자열, 불리언, null 또는 다른 것이 있습니다.',
    'not-finite': '숫자가 NaN이거나 무한대입니다.',
    'out-of-range': '숫자가 선언, 옵션 또는 손실 함수가 허용하는 범위를 벗어납니다.',
    'row-sum': '한 행의 확률의 합이 `rowSumTolerance` 안에서 1이 아닙니다.',
    'not-one-hot': '원-핫 행에 1이 정확히 하나 있지 않습니다.',
    'too-few-outputs': '손실 함수에 필요한 수보다 `predictions`의 한 행이 짧습니다.',
    'no-effect': '이 손실 함수, 레이블, 예측에서는 효과가 없는 옵션입니다.',
    'not-available': '이 레이블이나 스트림에서는 얻을 수 없는 항목입니다.',
    'given-twice': '필드, 파트 또는 이름이 두 번 나옵니다.',
    differs: '전에 선언하거나 보낸 값과 다릅니다.',
    'not-comparable': '두 평가의 선언이 달라 손실을 비교할 수 없습니다.',
    misplaced: '이 필드나 파트는 요청의 다른 곳이나 다른 요청에 있어야 합니다.',
    header: 'CSV 파트의 첫 행이 `csvHeader`와 맞지 않거나, 열 이름이 다른 파트와 다릅니다.',
    malformed: '파트의 내용이 그 형식과 맞지 않습니다.',
    unsupported: '서비스가 지원하지 않는 파일이나 데이터형입니다.',
  },
  where: {
    unauthenticated: '키가 필요한 서비스에서:',
    forbidden: '권한 범위가 `evaluate`뿐인 키로:',
  },
  reasons: {
    'request-timeout':
      "알린 것보다 적게 보내면 제한 시간 뒤에 나타납니다: `curl -H 'Content-Type: application/json' -H 'Content-Length: 100' -d '{' 'http://127.0.0.1:3000/v1/loss'`.",
    'headers-too-large':
      '17,000바이트 헤더로 볼 수 있습니다: `curl -H "X-Long: $(printf %017000d 0)" \'http://127.0.0.1:3000/v1/losses\'`. 이 헤더가 없으면 올바른 요청입니다.',
    'rate-limited':
      '한도를 둔 서비스에서만 나타납니다: `REQUESTS_PER_MINUTE`, `BYTES_PER_MINUTE` 또는 키의 한도. 1분 뒤에는 같은 요청이 올바릅니다.',
    'internal-error': '어떤 요청에도 나타나지 않아야 합니다. 나타난다면 서비스의 결함입니다.',
    overloaded: '같은 때에 들어온 모든 요청에 달려 있습니다. 조금 뒤에는 같은 요청이 올바릅니다.',
    'issuer-unavailable': '요청이 아니라 토큰 발급자에 달려 있습니다.',
    'store-unavailable': '요청이 아니라 데이터베이스에 달려 있습니다.',
  },
}
