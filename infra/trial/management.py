"""Stands between ws-reaper and API Gateway's management API.

At a loopback address the function signs with credentials that nobody knows (`faregate::aws`); ministack refuses those
while it checks rights. Here the call is signed as the function's role.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.exceptions import ClientError

from local_aws import CREDENTIALS, LocalAws, Stack


class Management:
    def __init__(self, aws: LocalAws) -> None:
        management = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_DELETE(self) -> None:
                _, api, _stage, _connections, connection = self.path.split("/")
                self.send_response(management._close(api, unquote(connection)))
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._aws = aws
        self._clients: dict[str, Any] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> "Management":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def endpoint(self, stack: Stack) -> str:
        """What FAREGATE_WS_ENDPOINT is for the functions of a stack."""
        api = stack.physical_ids["WebSocketApi"]
        role = self._aws.client("iam").get_role(RoleName=stack.physical_ids["WsReaperRole"])["Role"]
        session = self._aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="ws-reaper")["Credentials"]
        self._clients[api] = boto3.client(
            "apigatewaymanagementapi", endpoint_url="http://" + self._aws.api(stack, "WebSocketApi", "live"),
            region_name=CREDENTIALS["AWS_DEFAULT_REGION"], aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"], aws_session_token=session["SessionToken"],
        )
        return f"http://127.0.0.1:{self._server.server_port}/{api}/live"

    def _close(self, api: str, connection: str) -> int:
        try:
            answer = self._clients[api].delete_connection(ConnectionId=connection)
        except ClientError as error:
            answer = error.response
        return answer["ResponseMetadata"]["HTTPStatusCode"]
