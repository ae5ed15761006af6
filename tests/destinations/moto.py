"""A server that speaks as SQS, SNS and EventBridge do: moto's, as a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from typing import Any
from urllib.request import Request, urlopen

from botocore.config import Config
from botocore.session import get_session

REGION = "eu-central-1"
KEYS = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "for-tests-only-for-tests"}
"""Any will do, as long as nobody has called `check_credentials`."""


class Moto:
    """One account at one address; `stop()` ends it."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile("w+") as log:
            command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
            self.url = self._url(log)
        self._session = get_session()
        self._clients: dict[str, Any] = {}

    def stop(self) -> None:
        """End the process."""
        for client in self._clients.values():
            client.close()
        self._process.terminate()
        self._process.wait(timeout=10)

    def section(self, **more: object) -> dict[str, object]:
        """A destination's keys for this server, with `more`."""
        return {"region": REGION, "endpoint_url": self.url, "timeout": "10s", **KEYS, **more}

    def call(self, service: str, action: str, **values: Any) -> dict[str, Any]:
        """Call an action, e.g. `call("sqs", "create_queue", QueueName="events")`."""
        if service not in self._clients:
            self._clients[service] = self._session.create_client(
                service,
                region_name=REGION,
                endpoint_url=self.url,
                aws_access_key_id=KEYS["access_key"],
                aws_secret_access_key=KEYS["secret_key"],
                config=Config(retries={"total_max_attempts": 1}),
            )
        answer: dict[str, Any] = getattr(self._clients[service], action)(**values)
        return answer

    def queue(self, name: str) -> str:
        """Create a queue; its URL. One whose name ends in `.fifo` is FIFO."""
        fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        url: str = self.call("sqs", "create_queue", QueueName=name, Attributes=fifo)["QueueUrl"]
        return url

    def arn(self, queue: str) -> str:
        """The ARN of a queue."""
        asked = {"QueueUrl": queue, "AttributeNames": ["QueueArn"]}
        arn: str = self.call("sqs", "get_queue_attributes", **asked)["Attributes"]["QueueArn"]
        return arn

    def topic(self, name: str, queue: str) -> str:
        """Create a topic that hands its messages on to `queue` as they are; its ARN."""
        fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
        arn: str = self.call("sns", "create_topic", Name=name, Attributes=fifo)["TopicArn"]
        told = {"TopicArn": arn, "Protocol": "sqs", "Endpoint": self.arn(queue)}
        self.call("sns", "subscribe", **told, Attributes={"RawMessageDelivery": "true"})
        return arn

    def bus(self, name: str, queue: str) -> None:
        """Create a bus that hands every event from a source `stripe` on to `queue`."""
        self.call("events", "create_event_bus", Name=name)
        pattern = '{"source": ["stripe"]}'
        self.call("events", "put_rule", Name=f"{name}-rule", EventBusName=name, EventPattern=pattern)
        targets = [{"Id": "1", "Arn": self.arn(queue)}]
        self.call("events", "put_targets", Rule=f"{name}-rule", EventBusName=name, Targets=targets)

    def received(self, queue: str) -> list[dict[str, Any]]:
        """The messages that wait in `queue`, as SQS tells of them."""
        asked = {"MessageAttributeNames": ["All"], "AttributeNames": ["All"], "MaxNumberOfMessages": 10}
        answer = self.call("sqs", "receive_message", QueueUrl=queue, VisibilityTimeout=0, **asked)
        return list(answer.get("Messages", []))

    def check_credentials(self, check: bool) -> None:
        """Whether it looks at who asks, as AWS does."""
        body = b"0" if check else b"inf"
        plain = {"content-type": "text/plain"}
        urlopen(Request(f"{self.url}/moto-api/reset-auth", data=body, headers=plain, method="POST")).close()

    def _url(self, log: Any, limit: float = 30) -> str:
        end = time.monotonic() + limit
        while time.monotonic() < end and self._process.poll() is None:
            log.seek(0)
            if found := re.search(r"Running on (http://[\d.:]+)", log.read()):
                return found[1]
            time.sleep(0.05)
        raise RuntimeError("the tests' AWS server does not start")


def attributes(message: dict[str, Any]) -> dict[str, str]:
    """The attributes of a message from `received`."""
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
