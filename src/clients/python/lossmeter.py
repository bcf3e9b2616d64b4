"""A client of lossmeter, the REST service that evaluates loss functions: one file for Python 3.9 or newer, and nothing else.

    service = lossmeter.Lossmeter("http://127.0.0.1:3000")
    answer = service.loss([[0.2, 0.8], [0.9, 0.1]], [1, 0], loss="cross-entropy", label_format="index")
    print(answer.loss, answer.accuracy)

Predictions, labels and weights are nested lists, or arrays: NumPy, PyTorch, TensorFlow, JAX, pandas, polars, whatever has
``__array__`` or ``__dlpack__``; arrays are sent as bytes of their own type. With ``table`` (a path, or bytes) and ``table_format``
they are names of its columns. Options have the names of the HTTP API in snake_case, and none is guessed: the service refuses what
does not fit, and says what would. A proxy is taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
"""

from __future__ import annotations

import base64, contextlib, datetime, gzip, http.client, json, pathlib, queue, random, re, ssl, sys, threading, time, uuid, warnings
import urllib.parse, urllib.request
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Type, Union

__version__ = "0.1.0"
__all__ = ["Evaluation", "Figures", "Lossmeter", "LossmeterError"]

_AGAIN = (429, 502, 503, 504)
_LOST = (OSError, http.client.HTTPException)
_PARTS = ("predictions", "labels", "baseline", "sampleWeights", "classWeights", "groups", "ids", "at")
_QUEUED_BYTES, _QUEUED_BATCHES = 2**26, 256
# their keys are the caller's own words
_OWN_KEYS = ("groups", "group", "metadata", "columns")
_NOT_FINITE = {"infinite": float("inf"), "undefined": float("nan")}


class Figures(Dict[str, Any]):
    """An answer: a dict whose figures are attributes, too. An infinite loss is ``inf``, an undefined one ``nan``."""

    def __getattr__(self, name: str) -> Any:
        for key in (name, _camel(name)):
            if key in self:
                return self[key]
        raise AttributeError(f"the answer has no {name}; it has {', '.join(self)}")


class LossmeterError(Exception):
    """The service refused a request. ``status`` is the HTTP status, ``problem`` the answer (RFC 9457); the text lists each error."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        lines = [f"{status} {problem.get('title', '')}: {problem.get('detail', 'no detail')}"]
        for error in problem.get("errors", []):
            remedies = "".join(f" Remedy: {json.dumps(remedy)}" for remedy in error.get("remedies", [])[:1])
            lines.append(f"{error.get('pointer', '')}: {error.get('detail', '')}{remedies}")
        super().__init__("\n  ".join(lines))
        self.status, self.problem = status, _figures(problem)


class Lossmeter(contextlib.AbstractContextManager["Lossmeter"]):
    """A service, at ``url`` (with the path below which it is served, if any).

    :param key: the API key or token, where the service asks for one
    :param timeout: seconds until a connection that stays silent is given up
    :param patience: seconds for which a request is sent again while the service is out of reach or busy; nothing counts twice
    :param ca: a file with the certificates of a private authority
    :param compress: send bodies with gzip, for slow links
    :param say: is called with a line about each attempt that failed
    """

    def __init__(self, url: str = "http://127.0.0.1:3000", key: Optional[str] = None, timeout: float = 60, *, patience: float = 120,
                 ca: Optional[str] = None, compress: bool = False, say: Callable[[str], None] = lambda line: None) -> None:
        parts = urllib.parse.urlsplit(url.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of a service, such as http://127.0.0.1:3000")
        self.url, self._service, self._base = parts.geturl(), parts, parts.path
        self._tls = ssl.create_default_context(cafile=ca) if parts.scheme == "https" else None
        self._headers = {"accept": "application/json", "user-agent": f"lossmeter-python/{__version__}"}
        self._headers.update({} if key is None else {"authorization": f"Bearer {key}"})
        proxies = {} if urllib.request.proxy_bypass(parts.netloc) else urllib.request.getproxies()
        self._proxy = urllib.parse.urlsplit(proxies.get(parts.scheme, ""))
        login = base64.b64encode(urllib.parse.unquote(self._proxy.netloc.rpartition("@")[0]).encode()).decode()
        self._login = {"proxy-authorization": f"Basic {login}"} if login else {}
        if self._proxy.hostname and self._tls is None:  # it is sent the whole URL; for TLS it makes a tunnel
            self._base, self._headers = self.url, {**self._headers, **self._login}
        self._timeout, self._patience, self._compress, self._say = timeout, patience, compress, say
        self._kept = threading.local()

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection of this thread."""
        with contextlib.suppress(KeyError):
            self._kept.__dict__.pop("connection").close()

    def loss(self, predictions: Any, labels: Any, **options: Any) -> Figures:
        """Evaluates one batch: predictions [N][K], or [N] for a single output, and labels as ``label_format`` says.

        :param options: ``loss`` and ``label_format``, which are required, ``prediction_format``, ``include``, ``sample_weights``, ...
        :raises LossmeterError: 422 if the batch is not what was declared
        """
        return self._post("/v1/loss", {"predictions": predictions, "labels": labels, **options})

    def compare(self, predictions: Any, baseline: Any, labels: Any, **options: Any) -> Figures:
        """Compares two models on the same labels: ``difference`` is predictions minus baseline, so negative is better."""
        return self._post("/v1/comparisons", {"predictions": predictions, "baseline": baseline, "labels": labels, **options})

    def sweep(self, predictions: Any, labels: Any, parameter: Mapping[str, Any], values: Sequence[float], **options: Any) -> Figures:
        """Loss and accuracy of logits along one parameter, with their slopes."""
        given = {"predictions": _plain(predictions), "labels": _plain(labels), "parameter": parameter, "values": _plain(values)}
        return self._post("/v1/sweeps", {**given, **options})

    def mini_batch(self, population_size: int, size: int, seed: int, replacement: bool = False) -> List[int]:
        """The rows that ``numpy.random.RandomState(seed).choice(population_size, size, replace=replacement)`` draws."""
        return list(self._post("/v1/mini-batches", {"populationSize": population_size, "size": size, "seed": seed,
                                                    "replacement": replacement})["indices"])

    def losses(self) -> Figures:
        """Each loss with its formula, label formats and options."""
        return self.request("GET", "/v1/losses")

    def limits(self) -> Figures:
        """Every limit in force."""
        return self.request("GET", "/v1/limits")

    def evaluation(self, evaluation: str, *, progress: bool = False, **declaration: Any) -> Evaluation:
        """An evaluation: batches that come one by one. It is declared if a declaration is given; again is no harm.

        :param progress: show a line on the terminal after each batch
        :param declaration: ``loss``, ``label_format``, ``outputs`` (K), ... as for ``PUT /v1/evaluations/{evaluation}``
        :raises LossmeterError: 409 if it exists with another declaration
        """
        found = Evaluation(self, evaluation, progress)
        if declaration:
            found.declare(**declaration)
        return found

    def evaluations(self, prefix: Optional[str] = None, **filters: Any) -> Iterator[Figures]:
        """All evaluations with their figures, the newest first."""
        return self._pages("/v1/evaluations", "evaluations", {"prefix": prefix, **filters})

    def request(self, method: str, path: str, body: Optional[bytes] = None, headers: Mapping[str, str] = {},
                query: Mapping[str, Any] = {}) -> Figures:
        """Any request of the API. It is sent again while the service is out of reach or busy.

        :raises LossmeterError: if the service refuses it, or was busy for longer than ``patience``; ConnectionError: out of reach
        """
        target, sent = self._base + path + _query(query), {**self._headers, **headers}
        if body is not None and self._compress:
            body, sent["content-encoding"] = gzip.compress(body, 1), "gzip"
        for attempt, waited in _attempts(self._patience):
            after = 0.0
            try:
                status, after, text = self._exchange(method, target, body, sent)
                if status < 400 or (method == "DELETE" and status == 404 and attempt > 0):
                    return Figures(_figures(json.loads(text or "{}")))
                raise LossmeterError(status, _problem(text))
            except (LossmeterError, *_LOST) as error:
                if isinstance(error, ssl.SSLCertVerificationError) or getattr(error, "status", 503) not in _AGAIN:
                    raise
                said = f"{method} {self.url}{path}: {error or type(error).__name__}"
                self.close()
                if not waited(after):
                    said += f" (given up after {attempt + 1} attempts in {self._patience:g} s)"
                    if isinstance(error, LossmeterError):
                        error.args = (said,)
                        raise
                    raise ConnectionError(said) from error
                self._say(f"{said}. Sent again.")
        raise AssertionError("attempts end by themselves")

    def _exchange(self, method: str, target: str, body: Optional[bytes], headers: Mapping[str, str]) -> Tuple[int, float, bytes]:
        connection = self._kept.__dict__.setdefault("connection", self._connect(self._timeout))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # a service that refuses a body answers before all of it was sent
            connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, _retry_after(answer), answer.read()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        at = self._proxy if self._proxy.hostname else self._service
        if self._tls is None:
            return http.client.HTTPConnection(at.hostname or "", at.port, timeout=timeout)
        connection = http.client.HTTPSConnection(at.hostname or "", at.port, timeout=timeout, context=self._tls)
        if at is self._proxy:
            connection.set_tunnel(self._service.hostname or "", self._service.port, self._login)
        return connection

    def _post(self, path: str, fields: Mapping[str, Any]) -> Figures:
        body, headers = _encode(_options(fields))
        return self.request("POST", path, body, headers)

    def _pages(self, path: str, name: str, query: Mapping[str, Any]) -> Iterator[Figures]:
        page = Figures(next=query.get("after"))
        while "next" in page:
            page = self.request("GET", path, query={**query, "after": page["next"]})
            yield from page[name]


class Evaluation(contextlib.AbstractContextManager["Evaluation"]):
    """A persistent evaluation. Whatever is sent twice counts once."""

    def __init__(self, service: Lossmeter, name: str, progress: bool = False) -> None:
        self.name, self.dropped, self._service = name, 0, service
        self._path = f"/v1/evaluations/{urllib.parse.quote(name, safe='')}"
        self._shows = progress and sys.stderr.isatty()
        self._queue: queue.Queue[Optional[Tuple[str, bytes, Dict[str, str]]]] = queue.Queue(_QUEUED_BATCHES)
        self._queued, self._lock = 0, threading.Lock()
        self._sender: Optional[threading.Thread] = None
        self._failure: Optional[Exception] = None

    def __exit__(self, kind: Optional[Type[BaseException]], *_: object) -> None:
        if kind is None:
            self.flush()

    def declare(self, **declaration: Any) -> Figures:
        """Declares it, or makes sure that it was declared in just this way."""
        body, headers = _encode({name: _plain(value) for name, value in _options(declaration).items()})
        return self._service.request("PUT", self._path, body, headers)

    def add(self, batch: Union[str, int], predictions: Any, labels: Any, **more: Any) -> Figures:
        """Adds a batch under its name, and returns its answer (``sequence``, ``replayed``, ...) when it is durable.

        :param more: ``sample_weights``, ``groups``, ``at``
        :raises LossmeterError: 409 if the name has other content
        """
        return self._put(str(batch), *_encode(_options({"predictions": predictions, "labels": labels, **more})))

    def _put(self, batch: str, body: bytes, headers: Mapping[str, str]) -> Figures:
        answer = self._service.request("PUT", f"{self._path}/batches/{urllib.parse.quote(batch, safe='')}", body, headers)
        if self._shows:
            accuracy = "" if answer.get("accuracy") is None else f", accuracy {answer['accuracy']:.4g}"
            line = f"\r{self.name}: batch {answer['sequence']}, loss {answer['loss']:.4g}{accuracy}\x1b[K"
            print(line, end="", file=sys.stderr, flush=True)
        return answer

    def log(self, step: Union[str, int], predictions: Any, labels: Any, **more: Any) -> None:
        """Adds a copy of a batch in the background: a training loop does not wait for the network.

        At most 256 batches or 64 MiB wait. What comes while so many wait is left out and counted in ``dropped``.
        :raises LossmeterError: what an earlier batch met
        """
        self._tell()
        body, headers = _encode(_options({"predictions": predictions, "labels": labels, **more}))
        if self._queued + len(body) > _QUEUED_BYTES or self._queue.full():
            self.dropped += 1
            return
        with self._lock:
            self._queued += len(body)
        self._queue.put_nowait((str(step), body, headers))
        if self._sender is None:
            self._sender = threading.Thread(target=self._send, name=f"lossmeter {self.name}", daemon=True)
            self._sender.start()

    def _send(self) -> None:
        for batch, body, headers in iter(self._queue.get, None):
            try:
                if self._failure is None:
                    self._put(batch, body, headers)
            except Exception as error:
                self._failure = error
            with self._lock:
                self._queued -= len(body)
        self._service.close()

    def flush(self) -> None:
        """Waits until all that was logged is durable. :raises LossmeterError: what one of the batches met"""
        sender, self._sender = self._sender, None
        if sender is not None:
            self._queue.put(None)
            sender.join()
        if self.dropped > 0:
            warnings.warn(f"{self.name}: {self.dropped} batches were left out: the service was slower than the loop", stacklevel=2)
        self._tell()

    def _tell(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def predictions(self, ids: Any, predictions: Any, **more: Any) -> Figures:
        """Sends predictions whose labels come later. :param more: ``groups``, ``sample_weights``, ``at``"""
        return self._service._post(f"{self._path}/predictions", {"ids": _plain(ids), "predictions": predictions, **more})

    def labels(self, ids: Any, labels: Any, **more: Any) -> Figures:
        """Sends the labels of predictions that came, or will come, with the same ids. :param more: ``table``, ..."""
        return self._service._post(f"{self._path}/labels", {"ids": _plain(ids), "labels": labels, **more})

    def waiting(self, half: str) -> Iterator[Figures]:
        """The ids that wait. :param half: "predictions" or "labels" """
        return self._service._pages(f"{self._path}/waiting", "waiting", {"half": half})

    def report(self, **query: Any) -> Figures:
        """The answer over all that was committed. :param query: ``require``, ``fail_status``, ``from_``, ``to``"""
        return self._service.request("GET", self._path, query=query)

    def batches(self, after: int = 0) -> Iterator[Figures]:
        """The batches in the order of their sequence."""
        return self._service._pages(f"{self._path}/batches", "batches", {"after": after})

    def curve(self, points: int = 200, group: Optional[Mapping[str, Any]] = None) -> List[Figures]:
        """The learning curve, of at most so many points."""
        return list(self._service.request("GET", f"{self._path}/curve", query={"points": points, "group": group})["points"])

    def windows(self, **query: Any) -> Iterator[Figures]:
        """The windows of time that have rows, in order. :param query: ``from_``, ``to``, ``every``, ``limit``"""
        return self._service._pages(f"{self._path}/windows", "windows", query)

    def compare_with(self, other: str, **query: Any) -> Figures:
        """Compares it with another evaluation, over the batches that both have."""
        return self._service.request("GET", f"{self._path}/comparison", query={"with": other, **query})

    def seal(self) -> Figures:
        """Ends it: no more batches. :raises LossmeterError: 409 while an expectation is not met"""
        self.flush()
        return self._service.request("PATCH", self._path, *_encode({"status": "sealed"}))

    def delete(self) -> None:
        """Deletes it with all its batches."""
        self._service.request("DELETE", self._path)

    def events(self, after: Optional[int] = None) -> Iterator[Figures]:
        """Batches and changes of status as they happen, each once: it connects again by itself.

        Each has a ``type``, "batch" or "status". They end when the evaluation is deleted, or sealed and read to its end.

        :param after: the sequence after which to begin; without it, what comes from now on
        """
        seen, end, begun = after, None, False
        for _, waited in _attempts(self._service._patience):
            failure, wait = "the stream ended", 0.0
            try:
                for event in self._stream(seen):
                    waited(None)
                    if event["type"] == "batch":
                        seen = event["sequence"]
                    else:
                        # one with a detail is of another run, which is sent from its beginning
                        seen = 0 if event.get("detail") else event.get("sequence") if seen is None else seen
                        end = event.get("sequence") if event["status"] == "sealed" else None
                    begun = True
                    yield event
                    if event.get("status") == "deleted" or (end is not None and (seen or 0) >= end):
                        return
            except (LossmeterError, *_LOST) as error:
                if getattr(error, "status", 0) == 404 and begun:
                    return
                if isinstance(error, ssl.SSLCertVerificationError) or getattr(error, "status", 503) not in _AGAIN:
                    raise
                failure, wait = str(error) or type(error).__name__, getattr(error, "problem", {}).get("retryAfter", 0.0)
            if not waited(wait):
                raise ConnectionError(f"the events of {self.name} were given up: {failure}")
            self._service._say(f"events of {self.name}: {failure}. Connects again.")

    def _stream(self, after: Optional[int]) -> Iterator[Figures]:
        connection = self._service._connect(min(self._service._timeout, 45))  # a comment comes every 15 seconds
        try:
            headers = {**self._service._headers, "accept": "text/event-stream"}
            connection.request("GET", self._service._base + f"{self._path}/events" + _query({"after": after}), None, headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise LossmeterError(answer.status, {**_problem(answer.read()), "retryAfter": _retry_after(answer)})
            fields: Dict[str, str] = {}
            for line in iter(answer.readline, b""):
                name, _, value = line.decode().rstrip("\r\n").partition(": ")
                fields = {**fields, name: value} if name else fields
                if not name and "data" in fields:
                    yield _figures({"type": fields.pop("event"), **json.loads(fields.pop("data"))})
        finally:
            connection.close()


def _attempts(patience: float) -> Iterator[Tuple[int, Callable[[Optional[float]], bool]]]:
    """Attempts with waits that grow. Each comes with a function that waits, or returns False if that would be too long."""
    began, attempts = time.monotonic(), 0

    def waited(least: Optional[float]) -> bool:
        nonlocal began, attempts
        if least is None:  # something came: they begin anew
            began, attempts = time.monotonic(), 0
            return True
        wait = max(least, min(10, 0.2 * 2**attempts) * random.uniform(0.5, 1))
        if time.monotonic() + wait - began > patience:
            return False
        time.sleep(wait)
        attempts += 1
        return True

    while True:
        yield attempts, waited


def _encode(fields: Mapping[str, Any]) -> Tuple[bytes, Dict[str, str]]:
    """JSON, or a form with a table, or the arrays as .npy files. :returns: the body and its headers"""
    table = fields.get("table")
    if table is not None:  # then the tensors are names of its columns
        columns = {name: fields[name] for name in _PARTS if name in fields}
        fields = {"columns": columns, **{name: value for name, value in fields.items() if name != "table" and name not in columns}}
    arrays = {name: _array(value) for name, value in fields.items()}
    others = {name: value for name, value in fields.items() if arrays[name] is None}
    if table is None and len(others) == len(fields):
        return _json(others), {"content-type": "application/json"}
    boundary = uuid.uuid4().hex
    parts: List[bytes] = []

    def add(name: str, kind: str, content: bytes) -> None:
        file = f'; filename="{name}"' if kind == "application/octet-stream" else ""
        head = f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"{file}\r\ncontent-type: {kind}\r\n\r\n'
        parts.extend((head.encode(), content, b"\r\n"))

    options = {name: value for name, value in others.items() if name not in _PARTS}
    if options:
        add("options", "application/json", _json(options))
    for name in sorted(fields.keys() - options.keys(), reverse=True):
        add(name, *(("application/octet-stream", _npy(arrays[name])) if name not in others else ("application/json", _json(others[name]))))
    if table is not None:
        add("table", "application/octet-stream", table if isinstance(table, bytes) else pathlib.Path(table).read_bytes())
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), {"content-type": f"multipart/form-data; boundary={boundary}"}


def _array(value: Any) -> Any:
    """A NumPy array of numbers, or None for what goes as JSON."""
    if hasattr(value, "detach"):  # a tensor of PyTorch, which may have a gradient, be elsewhere, or of a type that NumPy lacks
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
        value = __import__("numpy").from_dlpack(value)
    if not hasattr(value, "__array__"):
        return None
    array = value.__array__()
    if array.dtype.name == "bfloat16":
        array = array.astype("float32")
    return array if array.ndim > 0 and array.dtype.kind in "fiub" and array.dtype.itemsize <= 8 else None


def _npy(array: Any) -> bytes:
    head = repr({"descr": array.dtype.str, "fortran_order": False, "shape": tuple(array.shape)}).encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(array.tobytes())


def _plain(value: Any) -> Any:
    """Lists in place of arrays."""
    return value if (array := _array(value)) is None else array.tolist()


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_jsonable).encode()


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.astimezone().isoformat()
    for method in ("tolist", "to_list", "__array__"):
        if hasattr(value, method):
            return getattr(value, method)()
    raise TypeError(f"{type(value).__name__} cannot be sent: numbers, strings, lists, dicts and arrays can")


def _options(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Names of the API, without those that are None."""
    return {_camel(key): _options(each) if isinstance(each, dict) and key not in _OWN_KEYS else each
            for key, each in given.items() if each is not None}


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name.rstrip("_"))


def _query(query: Mapping[str, Any]) -> str:
    pairs: Dict[str, str] = {}
    for name, value in _options(query).items():
        if name == "metadata":
            pairs.update({f"metadata.{key}": text for key, text in value.items()})
        else:
            text = _json(value).decode()
            pairs[name] = text[1:-1] if isinstance(value, datetime.datetime) else value if isinstance(value, str) else text
    return f"?{urllib.parse.urlencode(pairs)}" if pairs else ""


def _figures(value: Any) -> Any:
    if isinstance(value, list):
        return value if not value or isinstance(value[0], (int, float)) else [_figures(each) for each in value]
    if not isinstance(value, dict):
        return value
    figures = Figures({name: _figures(each) for name, each in value.items()})
    for name in ("loss", "lossSum"):
        if figures.get("lossStatus") in _NOT_FINITE and figures.get(name, 0) is None:
            figures[name] = _NOT_FINITE[figures["lossStatus"]]
    return figures


def _problem(text: bytes) -> Mapping[str, Any]:
    with contextlib.suppress(ValueError):
        problem = json.loads(text)
        if isinstance(problem, dict):
            return problem
    return {"title": "not an answer of lossmeter", "detail": text[:200].decode("utf-8", "replace")}


def _retry_after(answer: http.client.HTTPResponse) -> float:
    return float(re.sub(r"\D.*", "", answer.getheader("retry-after", "")) or 0)
