"""What schemathesis cannot know of the service: who is asking, and which values are good beyond their type.

Loaded by .ci/schema.sh through SCHEMATHESIS_HOOKS; SCHEMA_API is where the service is.
"""

import base64
import itertools
import json
import os
import urllib.request

import schemathesis

API = os.environ["SCHEMA_API"]
PASSWORD = "Vq7!tramline-Oak"
# Each ends the session or the account of who asks: its callers are new users, one for each request.
ENDS_ITS_CALLER = {"account_delete", "log_out_all"}
numbers = itertools.count(1)


def post(path, body):
    request = urllib.request.Request(
        API + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def new_name():
    return f"rider-{next(numbers)}@example.com"


def new_user():
    name = new_name()
    post("/api/sign_up/", {"username": name, "password1": PASSWORD, "password2": PASSWORD})
    return name


def log_in(name):
    return post("/api/log_in/", {"username": name, "password": PASSWORD})


SHARED = new_user()
SHARED_ACCESS = log_in(SHARED)["access"]
# Of too many sessions the oldest ends: who logs in all the time is somebody else.
RESTLESS = new_user()


def another_session():
    """The id of a session of the shared user, which is there to be ended."""
    claims = log_in(SHARED)["access"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=="))["sid"]


def operation_id(case):
    return case.operation.definition.raw["operationId"]


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        return log_in(new_user())["access"] if operation_id(case) in ENDS_ITS_CALLER else SHARED_ACCESS

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


def good(operation):
    """The members that make a well-typed request of `operation` a good one: no schema says which name is free, which
    password is right, or which token was given."""
    match operation:
        case "sign_up":
            return {"username": new_name(), "password1": PASSWORD, "password2": PASSWORD}
        case "password_change":
            return {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}
        case "account_delete":
            return {"password": PASSWORD}
        case "log_in":
            return {"username": RESTLESS, "password": PASSWORD}
        case "token_refresh" | "log_out":
            return {"refresh": log_in(RESTLESS)["refresh"]}
        case "token_verify":
            return {"token": SHARED_ACCESS}
    return {}


def declared(case):
    content = case.operation.definition.raw["requestBody"]["content"]
    schema = content[case.media_type]["schema"]
    if "$ref" in schema:
        schema = case.operation.schema.raw_schema["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema["properties"]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if operation_id(case) == "delete_sessions_sid":
        case.path_parameters["sid"] = another_session()
    if isinstance(case.body, dict):
        if case.media_type == "multipart/form-data":
            # A name that holds a control character is no header of a part (RFC 9110, 5.5).
            case.body = {name: value for name, value in case.body.items() if name in declared(case)}
        case.body = case.body | good(operation_id(case))


@schemathesis.deserializer("text/html")
def page(context, response):
    return response.text
