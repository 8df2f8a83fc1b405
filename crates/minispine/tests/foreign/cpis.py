"""A foreign client of CP-IS: the mini service, the mailbox of a local authority, with Python's own
library.

Written from the published specifications (CP-IS message specification, ITK, MESH API), not from the
product, so that the two can disagree. Reads the line of `minispine up --json` from standard input,
prints one line a step, and exits with 1 at the first thing that is not as specified.

Usage: minispine up --json | python3 cpis.py
"""

import datetime
import http.client
import json
import ssl
import sys
import time
import urllib.parse
import uuid
import xml.etree.ElementTree as ET

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
ITK = "urn:nhs-itk:ns:201005"
HL7 = "urn:hl7-org:v3"
LOCAL = "NPFIT:HL7:Localisation"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
SERVICE = "urn:nhs-itk:services:201005:sendRecvDistEnvelope"
PROFILE = "urn:nhs-en:profile:CP-ISNHSQuery-v1-0"
INTERACTION = "urn:nhs-itk:interaction:CP-ISNHSQuery-v1-0"
ANSWER = "urn:nhs-itk:interaction:SMSP-CP-ISNHSQueryResponse-v1-0"
TEMPLATES = "2.16.840.1.113883.2.1.3.2.4.18.16"
CODES = "2.16.840.1.113883.2.1.3.2.4.17.499"
NHS_NUMBER = "2.16.840.1.113883.2.1.4.1"
LOCAL_ID = "2.16.840.1.113883.2.1.3.2.4.18.24"
NOBODY = "9990999902"


class Unexpected(Exception):
    """The other side did something that the specification does not say."""


def expect(condition, what):
    if not condition:
        raise Unexpected(what)


def new_id():
    return str(uuid.uuid4()).upper()


def now(form, offset=0):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return when.strftime(form)


def hl7(path):
    return "/".join(f"{{{HL7}}}{step}" if step[0].isalpha() else step for step in path.split("/"))


class Host:
    """Mutual TLS to one host, one kept-alive connection."""

    def __init__(self, url, ca, cert, key):
        self.url = urllib.parse.urlsplit(url)
        context = ssl.create_default_context(cafile=ca)
        context.load_cert_chain(cert, key)
        self.connection = http.client.HTTPSConnection(
            self.url.hostname, self.url.port, context=context, timeout=30
        )

    def call(self, method, path, headers=None, body=b""):
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()


def query(up, number, query_id):
    user = up["user"]
    payload_id = new_id()
    identity = f"urn:nhs-uk:identity:ods:{user['ods']}:{user['user_id']}"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<S:Envelope xmlns:S="{SOAP}" xmlns:a="{WSA}">
 <S:Header>
  <a:MessageID>urn:uuid:{new_id()}</a:MessageID>
  <a:Action>{SERVICE}</a:Action>
  <a:To>{up["smsp"]["cpis"]}</a:To>
  <sec:Security xmlns:sec="{WSSE}">
   <u:Timestamp xmlns:u="{WSU}" u:Id="TS-{new_id()}">
    <u:Created>{now("%Y-%m-%dT%H:%M:%SZ", -1)}</u:Created>
    <u:Expires>{now("%Y-%m-%dT%H:%M:%SZ", 120)}</u:Expires>
   </u:Timestamp>
   <sec:UsernameToken><sec:Username>{up["tls"]["username"]}</sec:Username></sec:UsernameToken>
  </sec:Security>
 </S:Header>
 <S:Body>
  <i:DistributionEnvelope xmlns:i="{ITK}">
   <i:header service="{SERVICE}" trackingid="{new_id()}">
    <i:auditIdentity><i:id type="2.16.840.1.113883.2.1.3.2.4.18.27" uri="{identity}"/></i:auditIdentity>
    <i:manifest count="1">
     <i:manifestitem mimetype="text/xml" id="uuid_{payload_id}" profileid="{PROFILE}"/>
    </i:manifest>
    <i:senderAddress type="2.16.840.1.113883.2.1.3.2.4.18.22" uri="urn:nhs-uk:addressing:ods:{user["ods"]}"/>
    <i:handlingSpecification><i:spec key="urn:nhs-itk:ns:201005:interaction" value="{INTERACTION}"/></i:handlingSpecification>
   </i:header>
   <i:payloads count="1"><i:payload id="uuid_{payload_id}">
    <CP-ISQueryStub xmlns="{HL7}" xmlns:npfitlc="{LOCAL}"><cP-ISNHSQuery>
     <effectiveTime value="{now("%Y%m%d%H%M%S")}+0000"/>
     <id root="{query_id}"/>
     <author>
      <npfitlc:contentId root="{TEMPLATES}" extension="COCT_TP145102GB01#AssignedAuthor"/>
      <COCT_TP145102GB01.AssignedAuthor>
       <code code="{user["job_role"]}" codeSystem="2.16.840.1.113883.2.1.3.2.4.17.196" displayName="Clinician"/>
       <id root="1.2.826.0.1285.0.2.0.65" extension="{user["user_id"]}"/>
       <id root="1.2.826.0.1285.0.2.0.67" extension="{user["role_profile_id"]}"/>
       <assignedAuthorPerson><name><given>Foreign</given><family>Client</family></name></assignedAuthorPerson>
       <representedOrganization>
        <id root="2.16.840.1.113883.2.1.3.2.4.19.1" extension="{user["ods"]}"/><name>Example Hospital</name>
       </representedOrganization>
      </COCT_TP145102GB01.AssignedAuthor>
     </author>
     <queryByParameter><person.NHSnumber><value extension="{number}"/></person.NHSnumber></queryByParameter>
    </cP-ISNHSQuery></CP-ISQueryStub>
   </i:payload></i:payloads>
  </i:DistributionEnvelope>
 </S:Body>
</S:Envelope>"""


def ask(up, host, number, query_id):
    """Asks, and gives the response code with the payload."""
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{SERVICE}"'}
    body = query(up, number, query_id).encode("utf-8")
    status, _, answer = host.call("POST", host.url.path, headers, body)
    expect(status == 200, f"an answer comes with 200, not {status}: {answer[:500]}")
    root = ET.fromstring(answer)
    envelope = root.find(f"{{{SOAP}}}Body/{{{ITK}}}DistributionEnvelope")
    spec = envelope.find(f"{{{ITK}}}header/{{{ITK}}}handlingSpecification/{{{ITK}}}spec")
    expect(spec.get("value") == ANSWER, f"the answer's interaction is {spec.get('value')}")
    payload = envelope.find(f"{{{ITK}}}payloads/{{{ITK}}}payload")[0]
    value = payload.find(hl7("value"))
    expect(value.get("codeSystem") == CODES, f"the code system is {value.get('codeSystem')}")
    return value.get("code"), payload


def total(payload, relationship, act):
    return int(payload.find(hl7(f"{relationship}/{act}/value")).get("value"))


def child_is_found(up, host, child, query_id):
    code, payload = ask(up, host, child, query_id)
    expect(code == "SMSP-0000", f"a child with a plan is {code}")
    records = payload.findall(hl7("pertinentInformation14/pertinentCP-ISRecordControlAct/record"))
    counted = total(payload, "pertinentInformation12", "pertinentTotalReturnedChildRecords")
    expect(len(records) == counted > 0, f"{len(records)} records, {counted} announced")
    accesses = payload.findall(hl7("pertinentInformation13/pertinentCP-ISNHSQuery"))
    counted = total(payload, "pertinentInformation11", "pertinentTotalReturnedAccessRecords")
    expect(len(accesses) == counted > 0, f"{len(accesses)} accesses, {counted} announced")
    ids = [access.find(hl7("id")).get("root") for access in accesses]
    expect(query_id in ids, "whoever asks is among those who looked")
    for record in records:
        uses = {t.get("use") for t in record.iter(f"{{{HL7}}}telecom")}
        expect("EC" in uses, f"the emergency duty team can be called: {uses}")
    return ids


def nobody_is_not(up, host):
    code, payload = ask(up, host, NOBODY, new_id())
    expect(code == "CPIS-0001", f"nobody is {code}")
    expect(payload.find(hl7("pertinentInformation14")) is None, "nothing is shown of nobody")
    code, _ = ask(up, host, "9990999903", new_id())
    expect(code == "SMSP-0001", f"a wrong check digit is {code}")


class Mailbox:
    """A mailbox, as the MESH API has them."""

    def __init__(self, up):
        mail = up["mail"]
        self.host = Host(mail["url"], up["tls"]["ca"], mail["cert"], mail["key"])
        self.base = f"{self.host.url.path}/{mail['mailbox']}"
        self.cpis = mail["cpis_mailbox"]

    def send(self, chunks, local_id):
        headers = {
            "Mex-To": self.cpis,
            "Mex-WorkflowID": "CPIS_UPLOAD",
            "Mex-LocalID": local_id,
            "Mex-Chunk-Range": f"1:{len(chunks)}",
        }
        status, _, body = self.host.call("POST", f"{self.base}/outbox", headers, chunks[0])
        expect(status == 202, f"a message is taken with 202, not {status}: {body}")
        message = json.loads(body)["messageID"]
        for number, chunk in enumerate(chunks[1:], start=2):
            headers = {"Mex-Chunk-Range": f"{number}:{len(chunks)}"}
            path = f"{self.base}/outbox/{message}/{number}"
            status, _, body = self.host.call("POST", path, headers, chunk)
            expect(status == 202, f"a chunk is taken with 202, not {status}: {body}")
        return message

    def wait(self, workflow, wanted):
        """The next message of a workflow that is wanted, whole; it is acknowledged."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            path = f"{self.base}/inbox?workflow_filter={workflow}"
            status, _, body = self.host.call("GET", path)
            expect(status == 200, f"the inbox is listed with 200, not {status}")
            for message in json.loads(body)["messages"]:
                status, headers, content = self.host.call("GET", f"{self.base}/inbox/{message}")
                expect(status in (200, 206), f"a message is fetched with 200 or 206, not {status}")
                chunks = int(headers["Mex-Total-Chunks"] or "1")
                for number in range(2, chunks + 1):
                    content += self.host.call("GET", f"{self.base}/inbox/{message}/{number}")[2]
                if not wanted(headers, content):
                    continue
                path = f"{self.base}/inbox/{message}/status/acknowledged"
                status, _, _ = self.host.call("PUT", path)
                expect(status == 200, f"an acknowledgement is taken with 200, not {status}")
                status, _, _ = self.host.call("GET", f"{self.base}/inbox/{message}")
                expect(status == 410, f"what was taken is gone (410), not {status}")
                return content
            time.sleep(0.2)
        raise Unexpected(f"nothing of {workflow} came")


def upload(name, child, plan):
    """An upload of one plan, for a child of this number."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<File xmlns="{HL7}" xmlns:npfitlc="{LOCAL}">
 <creationTime value="{now("%Y%m%d%H%M%S")}+0000"/>
 <id extension="{plan}"/>
 <transmissionQuantity value="1"/>
 <communicationFunctionSnd><organisation>
  <id root="2.16.840.1.113883.2.1.3.2.4.19.1" extension="Y90004"/><name>Example Council</name>
  <telecom value="tel:01632960001" use="WP"/><telecom value="tel:01632960002" use="EC"/>
 </organisation></communicationFunctionSnd>
 <record><CP-ISRecord>
  <pertinentInformation>
   <npfitlc:contentId root="{TEMPLATES}" extension="COCT_TP146100GB01#LACInformation"/>
   <COCT_TP146100GB01.LACInformation>
    <component><lACStartDate><value value="202001020000"/></lACStartDate></component>
   </COCT_TP146100GB01.LACInformation>
  </pertinentInformation>
  <subject>
   <npfitlc:contentId root="{TEMPLATES}" extension="COCT_TP145101GB01#Child"/>
   <COCT_TP145101GB01.Child>
    <id root="{NHS_NUMBER}" extension="{child}"/>
    <id root="{LOCAL_ID}" extension="F-1" assigningAuthorityName="Y90004:Example Council"/>
    <childPerson><birthTime value="20190501"/>
     <name><given>{name}</given><family>Foreign</family></name></childPerson>
   </COCT_TP145101GB01.Child>
  </subject>
 </CP-ISRecord></record>
</File>""".encode("utf-8")


def acknowledged(mailbox, content, code):
    local_id = new_id()
    middle = len(content) // 2
    mailbox.send([content[:middle], content[middle:]], local_id)
    answer = mailbox.wait("CPIS_UPLOAD_ACK", lambda headers, _: headers["Mex-LocalID"] == local_id)
    root = ET.fromstring(answer)
    expect(root.tag == f"{{{HL7}}}FileResponse", f"an acknowledgement is a FileResponse, not {root.tag}")
    found = root.find(hl7("acknowledgementFile/acknowledgementFileDetail/code")).get("code")
    expect(found == code, f"the file is {found}, not {code}")
    return root


def main():
    up = json.loads(sys.stdin.readline())
    tls = up["tls"]
    host = Host(up["smsp"]["cpis"], tls["ca"], tls["cert"], tls["key"])
    mailbox = Mailbox(up)
    child = up["cpis_patients"][0]

    first = new_id()
    child_is_found(up, host, child, first)
    print("ok  a query")
    nobody_is_not(up, host)
    print("ok  no record")
    told = mailbox.wait("CPIS_ASN", lambda _, content: first.encode() in content)
    notice = ET.fromstring(told)
    expect(notice.tag == f"{{{HL7}}}CP-ISAccessToServiceNotification", notice.tag)
    numbers = {v.get("extension") for v in notice.iter(f"{{{HL7}}}value") if v.get("root") == NHS_NUMBER}
    expect(numbers == {child}, "the notice says whose record was looked at")
    print("ok  a notice")

    stored = acknowledged(mailbox, upload("Fay", sys.argv[1], "900"), "CPF02")
    expect(stored.find(hl7("successfulReturnedCP-ISRecords/value")).get("value") == "1", "one is stored")
    child_is_found(up, host, sys.argv[1], new_id())
    refused = acknowledged(mailbox, upload("Eve", sys.argv[1], "901"), "CPF04")
    code = refused.find(hl7("acknowledgementRecord/acknowledgementRecordDetail/code")).get("code")
    expect(code == "CPR03", f"another name is not verified: {code}")
    print("ok  uploads")


try:
    main()
except Unexpected as problem:
    print(f"FAILED  {problem}")
    sys.exit(1)
