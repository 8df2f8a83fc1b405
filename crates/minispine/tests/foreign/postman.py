"""A foreign runner of the Postman collection, with Python's own library.

Follows the collection and environment (format 2.1) as they are checked in: variables, headers,
bearer tokens, raw bodies, and the scripts. Of JavaScript it knows the few statements that the
collection keeps to; any other is a failure, so no test can go by unseen. Reads the line of
`minispine up --json` from standard input, prints one line a request, and exits with 1 at the first
thing that is not as the collection says.

Usage: minispine up --json | python3 postman.py COLLECTION ENVIRONMENT MINISPINE DATA
"""

import datetime
import json
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid

VARIABLE = re.compile(r"\{\{([^}]+)\}\}")
STATUS = re.compile(r'pm\.test\("[^"]*", \(\) => pm\.response\.to\.have\.status\((\d+)\)\);')
EQUAL = re.compile(
    r'pm\.test\("[^"]*", \(\) => pm\.expect\(pm\.response\.json\(\)\.([^()]+)\)\.to\.eql\((.+)\)\);'
)
KEEP = re.compile(r'pm\.collectionVariables\.set\("([^"]+)", pm\.response\.json\(\)\.([^()]+)\);')
NEW_UUID = re.compile(
    r'pm\.collectionVariables\.set\("([^"]+)", '
    r'pm\.variables\.replaceIn\("\{\{\$guid\}\}"\)\.toUpperCase\(\)\);'
)
NOW = re.compile(r'pm\.collectionVariables\.set\("([^"]+)", new Date\(\)\.toISOString\(\)\);')
VALUE_OF = re.compile(r'pm\.collectionVariables\.get\("([^"]+)"\)')
STEP = re.compile(r"\.?([A-Za-z_$][A-Za-z0-9_$]*)|\[(\d+)\]")


class Unexpected(Exception):
    """The API did something that the collection does not say."""


class Variables:
    """The environment, and above it what scripts set."""

    def __init__(self, collection, environment):
        self.values = {entry["key"]: entry["value"] for entry in collection.get("variable", [])}
        self.environment = {
            entry["key"]: entry["value"] for entry in environment["values"] if entry["enabled"]
        }

    def get(self, name):
        if name == "$guid":
            return str(uuid.uuid4())
        value = self.values.get(name) or self.environment.get(name)
        if not value:
            raise Unexpected(f"the variable {name} has no value")
        return value

    def fill(self, text):
        return VARIABLE.sub(lambda found: self.get(found.group(1)), text)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def at(self, path):
        """The element that a JavaScript path like `entry[0].resource` leads to."""
        value, place = json.loads(self.body), 0
        while place < len(path):
            step = STEP.match(path, place)
            if not step:
                raise Unexpected(f"no path: {path}")
            place = step.end()
            name, index = step.groups()
            try:
                value = value[name] if name else value[int(index)]
            except (KeyError, IndexError, TypeError):
                raise Unexpected(f"there is no {path} in {self.body[:600]!r}") from None
        return value


def script(item, listen):
    for event in item.get("event", []):
        if event["listen"] == listen:
            yield from event["script"]["exec"]


def before(item, variables):
    for line in script(item, "prerequest"):
        if found := NEW_UUID.fullmatch(line):
            variables.values[found.group(1)] = str(uuid.uuid4()).upper()
        elif found := NOW.fullmatch(line):
            now = datetime.datetime.now(datetime.timezone.utc)
            text = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"
            variables.values[found.group(1)] = text
        else:
            raise Unexpected(f"a statement of another form: {line}")


def test(item, answer, variables):
    tests = 0
    for line in script(item, "test"):
        if found := STATUS.fullmatch(line):
            if answer.status != int(found.group(1)):
                raise Unexpected(f"{answer.status} and not {found.group(1)}: {answer.body[:600]!r}")
        elif found := EQUAL.fullmatch(line):
            path, wanted = found.groups()
            variable = VALUE_OF.fullmatch(wanted)
            wanted = variables.get(variable.group(1)) if variable else json.loads(wanted)
            value = answer.at(path)
            if value != wanted:
                raise Unexpected(f"{path} is {value!r} and not {wanted!r}")
        elif found := KEEP.fullmatch(line):
            variables.values[found.group(1)] = answer.at(found.group(2))
        else:
            raise Unexpected(f"a statement of another form: {line}")
        tests += 1
    if not tests:
        raise Unexpected("nothing is tested")
    return tests


def address(url, variables):
    filled = variables.fill("/".join(url["host"] + url["path"]))
    pairs = [(entry["key"], variables.fill(entry["value"])) for entry in url.get("query", [])]
    # As Postman has it, the written form says the same.
    written = f"{'/'.join(url['host'] + url['path'])}" + (
        "?" + "&".join(f"{entry['key']}={entry['value']}" for entry in url["query"])
        if pairs
        else ""
    )
    if written != url["raw"]:
        raise Unexpected(f"{url['raw']} is written and {written} meant")
    return filled + ("?" + urllib.parse.urlencode(pairs) if pairs else "")


def send(item, auth, variables):
    request = item["request"]
    auth = request.get("auth", auth)
    headers = {entry["key"]: variables.fill(entry["value"]) for entry in request["header"]}
    if auth["type"] == "bearer":
        headers["Authorization"] = "Bearer " + variables.fill(auth["bearer"][0]["value"])
    body = None
    if "body" in request:
        body = variables.fill(request["body"]["raw"])
        json.loads(body)
        body = body.encode("utf-8")
    call = urllib.request.Request(
        address(request["url"], variables), data=body, headers=headers, method=request["method"]
    )
    try:
        with urllib.request.urlopen(call, timeout=90) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def requests(items):
    for item in items:
        if "item" in item:
            yield from requests(item["item"])
        else:
            yield item


def token(minispine, data, *arguments):
    command = [minispine, "token", "--data", data, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main(collection, environment, minispine, data):
    up = json.loads(sys.stdin.readline())
    with open(collection, encoding="utf-8") as file:
        collection = json.load(file)
    with open(environment, encoding="utf-8") as file:
        variables = Variables(collection, json.load(file))
    variables.environment.update(
        base_url=up["scr_api"]["base"],
        patient=up["patients"][0],
        ods=up["user"]["ods"],
        user_id=up["user"]["user_id"],
        role_profile_id=up["user"]["role_profile_id"],
        user_token=token(minispine, data),
        application_token=token(minispine, data, "--application"),
    )
    for item in requests(collection["item"]):
        try:
            before(item, variables)
            answer = send(item, collection["auth"], variables)
            tests = test(item, answer, variables)
        except Unexpected as error:
            raise Unexpected(f"{item['name']}: {error}") from None
        print(f"ok  {item['name']} ({tests})")
    print("ok  all requests")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Unexpected as error:
        sys.exit(f"not ok  {error}")
