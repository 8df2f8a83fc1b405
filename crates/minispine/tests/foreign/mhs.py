"""A foreign message handler: a GP system that uploads, replaces and withdraws GP Summaries over
reliable ebXML, takes the Spine's answers at an endpoint of its own, and reads the record back, with
Python's own library.

Written from the published message definitions, its bytes in the habits of the national message
handling adaptor: LF line ends, an unbracketed `start`, extra headers, keep-alive connections, an
acknowledgment under 200, and success only under 202. Reads the line of `minispine up --json` from
standard input, prints one line a step, and exits with 1 at the first thing that is not as
specified.

Usage: minispine up --data DIR --json | python3 mhs.py MINISPINE DIR
"""

import datetime
import http.client
import http.server
import json
import queue
import re
import ssl
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

from client import ASID, HL7, INTERACTIONS, NHS_NUMBER, UID, URP, Unexpected, expect, new_id, step
from hl7v3 import JOB_ROLE, OVERRIDE, Hl7

EB = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICES = "urn:nhs:names:services:"
SNOMED = "2.16.840.1.113883.2.1.3.2.4.15"
PSIS = "urn:npfit:psisqr"
PARTY_TYPE = "urn:nhs:names:partyType:ocs+serviceInstance"
SDS = "https://fhir.nhs.uk/Id/"


def now():
    return datetime.datetime.now().strftime("%Y%m%d%H%M%S")


class Inbox(http.server.BaseHTTPRequestHandler):
    """The endpoint that the Spine posts its answers to."""

    protocol_version = "HTTP/1.1"
    received = queue.Queue()
    refuse = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if Inbox.refuse > 0:
            # A handler that is not well: the Spine is to send the same again.
            Inbox.refuse -= 1
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        expect_type = self.headers["Content-Type"]
        boundary = re.search(r'boundary="?([^";]+)"?', expect_type).group(1)
        parts = body.split(b"--" + boundary.encode())[1:]
        envelope, payload = (part.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1] for part in parts[:2])
        header = ET.fromstring(envelope.strip())
        text = lambda name: next((e.text for e in header.iter(f"{{{EB}}}{name}")), None)
        reply = {name: text(name) for name in ("MessageId", "RefToMessageId", "ConversationId", "CPAId", "Action", "Service")}
        reply["parties"] = [e.text for e in header.iter(f"{{{EB}}}PartyId")]
        reply["ack"] = header.find(f".//{{{EB}}}AckRequested") is not None
        reply["soap_action"] = self.headers["SOAPAction"]
        reply["payload"] = payload.strip()
        answer = self.acknowledgment(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Soapaction", "urn:oasis:names:tc:ebxml-msg:service/Acknowledgment")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        Inbox.received.put(reply)

    def acknowledgment(self, reply):
        to, us = reply["parties"][:2]
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        party = lambda key: f'<eb:PartyId eb:type="{PARTY_TYPE}">{key}</eb:PartyId>'
        return f"""<soap:Envelope xmlns:soap="{SOAP}" xmlns:eb="{EB}"><soap:Header>
<eb:MessageHeader eb:version="2.0" soap:mustUnderstand="1"><eb:From>{party(us)}</eb:From><eb:To>{party(to)}</eb:To>
<eb:CPAId>{reply["CPAId"]}</eb:CPAId><eb:ConversationId>{reply["ConversationId"]}</eb:ConversationId>
<eb:Service>urn:oasis:names:tc:ebxml-msg:service</eb:Service><eb:Action>Acknowledgment</eb:Action>
<eb:MessageData><eb:MessageId>{new_id()}</eb:MessageId><eb:Timestamp>{stamp}</eb:Timestamp><eb:RefToMessageId>{reply["MessageId"]}</eb:RefToMessageId></eb:MessageData></eb:MessageHeader>
<eb:Acknowledgment eb:version="2.0" soap:mustUnderstand="1" soap:actor="urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"><eb:Timestamp>{stamp}</eb:Timestamp><eb:RefToMessageId>{reply["MessageId"]}</eb:RefToMessageId>
<eb:From>{party(us)}</eb:From></eb:Acknowledgment></soap:Header><soap:Body/></soap:Envelope>"""

    def log_message(self, *_):
        pass


class Handler:
    """One message handler: outbound to the Spine, inbound to [`Inbox`]."""

    def __init__(self, up):
        self.up = up
        self.context = ssl.create_default_context(cafile=up["tls"]["ca"])
        self.context.load_cert_chain(up["tls"]["cert"], up["tls"]["key"])
        self.connections = {}
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
        inbound = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        inbound.load_cert_chain(up["tls"]["cert"], up["tls"]["key"])
        inbound.load_verify_locations(up["tls"]["ca"])
        inbound.verify_mode = ssl.CERT_REQUIRED
        server.socket = inbound.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.endpoint = f"https://localhost:{server.server_address[1]}/"

    def look_up(self, service_interaction):
        """Where a message goes, asked of the directory as the adaptor does: Device, then Endpoint."""
        base = self.up["sds"]["base"]
        get = lambda resource, *pairs: json.load(urllib.request.urlopen(urllib.request.Request(
            f"{base}/{resource}?" + "&".join(f"{k}=" + urllib.parse.quote(v, safe="") for k, v in pairs),
            headers={"X-Correlation-Id": new_id().lower(), "apikey": "any", "Accept": "application/fhir+json"})))
        interaction = ("identifier", f"{SDS}nhsServiceInteractionId|{service_interaction}")
        device = get("Device", ("organization", f"{SDS}ods-organization-code|{self.up['spine']['ods']}"), interaction)
        values = {i["system"].rsplit("/", 1)[1]: i["value"] for i in device["entry"][0]["resource"]["identifier"]}
        endpoint = get("Endpoint", interaction, ("identifier", f"{SDS}nhsMhsPartyKey|{values['nhsMhsPartyKey']}"))
        resource = endpoint["entry"][0]["resource"]
        identifiers = {i["system"].rsplit("/", 1)[1]: i["value"] for i in resource["identifier"]}
        return {"asid": values["nhsSpineASID"], "party": values["nhsMhsPartyKey"],
                "cpa": identifiers["nhsMhsCPAId"], "url": resource["address"]}

    def post(self, url, headers, body):
        target = urllib.parse.urlsplit(url)
        connection = self.connections.get(target.netloc)
        if connection is None:
            connection = http.client.HTTPSConnection(target.hostname, target.port, context=self.context, timeout=30)
            self.connections[target.netloc] = connection
        connection.request("POST", target.path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()

    def send(self, service, interaction, payload, message, conversation, reliable=True, cpa=None, route=None):
        """Posts one ebXML message as the adaptor writes it; gives (status, body)."""
        route = route or self.look_up(f"{SERVICES}{service}:{interaction}")
        flags = """<eb:DuplicateElimination/>""" if reliable else ""
        ack = """
    <eb:AckRequested SOAP:mustUnderstand="1" eb:version="2.0" eb:signed="false" SOAP:actor="urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"/>""" if reliable else ""
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = f"""----=_MIME-Boundary
Content-Id: <ebXMLHeader@spine.nhs.uk>
Content-Type: text/xml; charset=UTF-8
Content-Transfer-Encoding: 8bit

<?xml version="1.0" encoding="UTF-8"?>
<SOAP:Envelope xmlns:SOAP="{SOAP}" xmlns:eb="{EB}" xmlns:hl7ebxml="urn:hl7-org:transport/ebXML/DSTUv1.0" xmlns:xlink="http://www.w3.org/1999/xlink">
  <SOAP:Header>
    <eb:MessageHeader SOAP:mustUnderstand="1" eb:version="2.0">
      <eb:From><eb:PartyId eb:type="{PARTY_TYPE}">{self.up["tls"]["party_key"]}</eb:PartyId></eb:From>
      <eb:To><eb:PartyId eb:type="{PARTY_TYPE}">{route["party"]}</eb:PartyId></eb:To>
      <eb:CPAId>{cpa or route["cpa"]}</eb:CPAId>
      <eb:ConversationId>{conversation}</eb:ConversationId>
      <eb:Service>{SERVICES}{service}</eb:Service>
      <eb:Action>{interaction}</eb:Action>
      <eb:MessageData><eb:MessageId>{message}</eb:MessageId><eb:Timestamp>{stamp}</eb:Timestamp></eb:MessageData>
      {flags}
    </eb:MessageHeader>{ack}
    <eb:SyncReply SOAP:mustUnderstand="1" eb:version="2.0" SOAP:actor="http://schemas.xmlsoap.org/soap/actor/next"/>
  </SOAP:Header>
  <SOAP:Body>
    <eb:Manifest SOAP:mustUnderstand="1" eb:version="2.0">
      <eb:Reference xlink:href="cid:{message}@spine.nhs.uk">
        <eb:Schema eb:location="http://www.nhsia.nhs.uk/schemas/HL7-Message.xsd" eb:version="1.0"/>
        <eb:Description xml:lang="en">HL7 payload</eb:Description>
        <hl7ebxml:Payload style="HL7" encoding="XML" version="3.0"/>
      </eb:Reference>
    </eb:Manifest>
  </SOAP:Body>
</SOAP:Envelope>

----=_MIME-Boundary
Content-Id: <{message}@spine.nhs.uk>
Content-Type: text/xml; charset=UTF-8
Content-Transfer-Encoding: 8bit

{payload}
----=_MIME-Boundary--
"""
        headers = {
            "User-Agent": "Mozilla/5.0 (compatible; pycurl)", "Accept": "*/*", "Accept-Encoding": "gzip,deflate",
            "Charset": "UTF-8", "Soapaction": f"{SERVICES}{service}/{interaction}",
            "Content-Type": 'multipart/related; boundary="--=_MIME-Boundary"; type=text/xml; start=ebXMLHeader@spine.nhs.uk',
            "Correlation-Id": conversation, "Message-Id": message, "Interaction-Id": interaction,
        }
        return self.post(route["url"], headers, body.encode("utf-8"))

    def message(self, interaction, message, act, spine_asid):
        """An HL7 V3 message; the authors stand in the order that senders really use."""
        user, own = self.up["user"], self.up["tls"]["asid"]
        device = lambda asid: f'<device classCode="DEV" determinerCode="INSTANCE"><id root="{ASID}" extension="{asid}"/></device>'
        return f"""<{interaction} ITSVersion="XML_1.0" xmlns="{HL7}"><id root="{message}"/><creationTime value="{now()}"/><versionCode code="3NPfIT7.2.00"/>
<interactionId root="{INTERACTIONS}" extension="{interaction}"/><processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="NE"/>
<communicationFunctionRcv typeCode="RCV">{device(spine_asid)}</communicationFunctionRcv><communicationFunctionSnd typeCode="SND">{device(own)}</communicationFunctionSnd>
<ControlActEvent classCode="CACT" moodCode="EVN"><author1 typeCode="AUT"><AgentSystemSDS classCode="AGNT"><agentSystemSDS classCode="DEV" determinerCode="INSTANCE"><id root="{ASID}" extension="{own}"/></agentSystemSDS></AgentSystemSDS></author1>
<author typeCode="AUT"><AgentPersonSDS classCode="AGNT"><id root="{URP}" extension="{user['role_profile_id']}"/><agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="{UID}" extension="{user['user_id']}"/></agentPersonSDS>
<part typeCode="PART"><partSDSRole classCode="ROL"><id root="{JOB_ROLE}" extension="{user['job_role']}"/></partSDSRole></part></AgentPersonSDS></author>
{act}</ControlActEvent></{interaction}>"""

    def summary(self, patient, document, words, replaces=None):
        replacement = f"""<replacementOf typeCode="RPLC"><priorMessageRef classCode="COMPOSITION" moodCode="EVN"><id root="{replaces}"/></priorMessageRef></replacementOf>""" if replaces else ""
        user = self.up["user"]
        return f"""<GPSummary classCode="COMPOSITION" moodCode="EVN"><id root="{document}"/><code code="196981000000101" codeSystem="{SNOMED}" displayName="General Practice Summary"/>
<effectiveTime value="{now()}"/><statusCode code="active"/><author typeCode="AUT" contextControlCode="OP"><time value="{now()}"/><UKCT_MT160018UK01.AgentPersonSDS classCode="AGNT"><id root="{URP}" extension="{user['role_profile_id']}"/>
<agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="{UID}" extension="{user['user_id']}"/><name>Dr Foreign Example</name></agentPersonSDS></UKCT_MT160018UK01.AgentPersonSDS></author>
<excerptFrom typeCode="XCRPT" inversionInd="false" contextConductionInd="true" negationInd="false"><templateId root="2.16.840.1.113883.2.1.3.2.4.18.2" extension="CSAT_RM-NPfITUK10.excerptFrom"/><seperatableInd value="false"/>
<UKCT_MT144051UK01.CareProfessionalDocumentationCRE classCode="CATEGORY" moodCode="EVN"><code code="163171000000105" codeSystem="{SNOMED}" displayName="Care Professional Documentation"/>
<component typeCode="COMP" inversionInd="false" negationInd="false"><templateId root="2.16.840.1.113883.2.1.3.2.4.18.2" extension="CSAB_RM-NPfITUK10.component"/><seperatableInd value="false"/>
<presentationText classCode="OBS" moodCode="EVN"><value mediaType="text/plain"><html xmlns="xhtml:NPfIT:PresentationText"><body><h2>{words}</h2></body></html></value><id root="{new_id()}"/>
<code code="PresentationText" codeSystem="2.16.840.1.113883.2.1.3.2.4.17.126"/><statusCode code="completed"/><effectiveTime value="{now()}"/></presentationText></component></UKCT_MT144051UK01.CareProfessionalDocumentationCRE></excerptFrom>
<pertinentInformation1 typeCode="PERT" inversionInd="false" contextConductionInd="true" negationInd="false"><templateId root="2.16.840.1.113883.2.1.3.2.4.18.2" extension="CSAB_RM-NPfITUK10.pertinentInformation1"/><seperatableInd value="true"/>
<pertinentRootCREType classCode="CATEGORY" moodCode="EVN"><code code="163171000000105" codeSystem="{SNOMED}" displayName="Care Professional Documentation"/></pertinentRootCREType></pertinentInformation1>
<recordTarget typeCode="RCT"><patient classCode="PAT"><id root="{NHS_NUMBER}" extension="{patient}"/></patient></recordTarget>{replacement}</GPSummary>"""

    def upload(self, patient, document, words, replaces=None, message=None, lower=False):
        """Uploads, and gives (message, type code, issue codes) of the Spine's own answer."""
        message = message or new_id()
        if lower:
            message = message.lower()
        route = self.look_up(f"{SERVICES}psis:REPC_IN150016UK05")
        act = f'<subject typeCode="SUBJ" contextConductionInd="false">{self.summary(patient, document, words, replaces)}</subject>'
        return self.deliver("psis", "REPC_IN150016UK05", message, act, route)

    def withdraw(self, patient, document):
        user = self.up["user"]
        route = self.look_up(f"{SERVICES}psis:REPC_IN150018UK02")
        act = f"""<subject typeCode="SUBJ" contextConductionInd="false"><MessageWithdrawal classCode="ACTN" moodCode="RQO"><id root="{new_id()}"/>
<code code="01" codeSystem="2.16.840.1.113883.2.1.3.2.4.17.144" displayName="Withdraw Message"/><effectiveTime value="{now()}"/>
<recordTarget typeCode="RCT"><patient classCode="PAT"><id root="{NHS_NUMBER}" extension="{patient}"/></patient></recordTarget>
<author typeCode="AUT" contextControlCode="OP"><AgentPersonSDS classCode="AGNT"><id root="{URP}" extension="{user['role_profile_id']}"/><agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="{UID}" extension="{user['user_id']}"/></agentPersonSDS></AgentPersonSDS></author>
<reason typeCode="RSON" contextConductionInd="true"><justifyingReason classCode="OBS" moodCode="EVN"><code code="01" codeSystem="2.16.840.1.113883.2.1.3.2.4.17.143" displayName="Sent in error"/></justifyingReason></reason>
<subject typeCode="SUBJ"><messageRef classCode="COMPOSITION" moodCode="EVN"><id root="{document}"/></messageRef></subject></MessageWithdrawal></subject>"""
        return self.deliver("psis", "REPC_IN150018UK02", new_id(), act, route)

    def deliver(self, service, interaction, message, act, route):
        conversation = new_id()
        payload = self.message(interaction, message, act, route["asid"])
        status, body = self.send(service, interaction, payload, message, conversation, route=route)
        expect(status == 202, f"{interaction}: 202, not {status}: {body[:300]}")
        ack = ET.fromstring(body)
        refers = ack.find(f".//{{{EB}}}Acknowledgment/{{{EB}}}RefToMessageId")
        expect(refers is not None and refers.text == message, f"{interaction}: acknowledged by its own id")
        reply = self.await_reply(message)
        expect(reply["ConversationId"] == conversation, "the answer is in our conversation")
        expect(reply["Action"] == "MCCI_IN010000UK13" and reply["Service"] == SERVICES + service, "the answer's action")
        expect(reply["parties"] == [route["party"], self.up["tls"]["party_key"]], "the answer's parties")
        expect(reply["ack"], "an answer asks for an acknowledgment")
        expect(reply["soap_action"].strip('"') == f"{SERVICES}{service}/MCCI_IN010000UK13", "the answer's SOAPAction")
        root = ET.fromstring(reply["payload"])
        taken = root.find(f"{{{HL7}}}acknowledgement")
        expect(taken.find(f"{{{HL7}}}messageRef/{{{HL7}}}id").get("root") == message.upper(), "messageRef is our HL7 id, as the schema writes it")
        codes = [e.get("code") for e in root.iter(f"{{{HL7}}}code")]
        return message, taken.get("typeCode"), codes

    def await_reply(self, message):
        """The answer to a message, whatever arrives in between."""
        kept = []
        try:
            while True:
                reply = Inbox.received.get(timeout=30)
                if reply["RefToMessageId"] == message:
                    return reply
                kept.append(reply)
        except queue.Empty:
            raise Unexpected(f"no answer to {message} arrived") from None
        finally:
            for reply in kept:
                Inbox.received.put(reply)


class Reader(Hl7):
    """The event generation of queries, over synchronous SOAP."""

    def events(self, patient):
        query = f"""<query><dissentOverride><value code="0" codeSystem="{OVERRIDE}"/><semanticsText>DissentOverride</semanticsText></dissentOverride>
            <nHSNumber><value root="{NHS_NUMBER}" extension="{patient}"/><semanticsText>NHSNumber</semanticsText></nHSNumber></query>"""
        kind, answer = self.ask("QUPC_IN180000UK04", query)
        expect(kind == "answer", "the event list gave a fault")
        event = lambda e, name: e.find(f"{{{PSIS}}}{name}")
        return [(event(e, "eventID").get("root"), event(e, "eventStatus").get("displayName")) for e in answer.iter(f"{{{PSIS}}}event")]

    def event(self, patient, document):
        query = f"""<query><dissentOverride><value code="0" codeSystem="{OVERRIDE}"/><semanticsText>DissentOverride</semanticsText></dissentOverride>
            <eventRecord><value root="{document}"/><semanticsText>EventRecord</semanticsText></eventRecord>
            <nHSNumber><value root="{NHS_NUMBER}" extension="{patient}"/><semanticsText>NHSNumber</semanticsText></nHSNumber></query>"""
        kind, answer = self.ask("QUPC_IN190000UK04", query)
        expect(kind == "answer", "the event query gave a fault")
        return ET.tostring(next(answer.iter(f"{{{HL7}}}GPSummary"))).decode()


def run(up, minispine, data):
    handler, reader = Handler(up), Reader(up, up["spine"]["sync"])
    registered = subprocess.run([minispine, "sds", "endpoint", "put", "demo-client", "--address", handler.endpoint,
        "--cpa-id", "S9900000A0000009", "--retries", "5", "--retry-interval", "PT1S", "--data", data],
        capture_output=True, text=True)
    expect(registered.returncode == 0, registered.stdout + registered.stderr)
    patient = up["patients"][1]
    before = reader.events(patient)
    expect(len(before) == 1 and before[0][1] == "Normal", "one current record to begin with")
    step("endpoint registered, routes looked up")

    first = new_id()
    message, taken, codes = handler.upload(patient, first, "First summary from afar: Łódź, naïve, 血圧", before[0][0])
    expect(taken == "AA", f"the upload is accepted, not {taken} {codes}")
    expect(reader.events(patient) == [(first, "Normal"), (before[0][0], "Replaced")], "the new one is current")
    expect("First summary from afar: Łódź, naïve, 血圧" in html_unescape(reader.event(patient, first)), "read back")
    step("upload, acknowledgment, answer, read back")

    second = new_id()
    _, taken, _ = handler.upload(patient, second, "Second", first, lower=True)
    expect(taken == "AA", "a replacement whose message id is in lower case")
    _, taken, codes = handler.upload(patient, new_id(), "Too late", first)
    expect(taken == "AE" and codes[0] == "410", f"what is replaced already cannot be replaced: {taken} {codes}")
    _, taken, codes = handler.upload(patient, second, "Second", second)
    expect(taken == "AE" and "30142" in codes, f"a document id is used once: {taken} {codes}")
    step("replacement, and refused ones")

    route = handler.look_up(f"{SERVICES}psis:REPC_IN150016UK05")
    again, document = new_id(), new_id()
    act = f'<subject typeCode="SUBJ" contextConductionInd="false">{handler.summary(patient, document, "Once", second)}</subject>'
    payload = handler.message("REPC_IN150016UK05", again, act, route["asid"])
    answers = [handler.send("psis", "REPC_IN150016UK05", payload, again, again, route=route) for _ in range(3)]
    expect({status for status, _ in answers} == {202}, "each time 202")
    expect(len({body for _, body in answers}) == 1, "the same acknowledgment, byte for byte")
    handler.await_reply(again)
    expect(sum(event == document for event, _ in reader.events(patient)) == 1, "stored once")
    status, body = handler.send("psis", "REPC_IN150016UK05", payload.replace("Once", "Twice"), again, again, route=route)
    expect(status == 200 and b"Inconsistent" in body, f"another content under the same id: {status} {body[:200]}")
    step("duplicates")

    status, body = handler.send("psis", "REPC_IN150016UK05", payload, new_id(), new_id(), route=route, cpa="NOBODY-KNOWS-IT")
    expect(status == 200 and b"501319" in body, f"an unknown agreement: {status} {body[:200]}")
    status, body = handler.send("psis", "REPC_IN150016UK05", "<REPC_IN150016UK05", new_id(), new_id(), route=route)
    expect(status in (200, 500), f"a payload that is no XML: {status}")
    step("bad input")

    Inbox.refuse = 2
    third = new_id()
    _, taken, _ = handler.upload(patient, third, "Third", document)
    expect(taken == "AA" and Inbox.refuse == 0, "the answer came again until it was taken")
    step("an endpoint that is not well")

    _, taken, codes = handler.withdraw(patient, third)
    expect(taken == "AA", f"withdrawn: {taken} {codes}")
    expect(dict(reader.events(patient))[third] == "Withdrawn", "its state")
    expect("Normal" not in dict(reader.events(patient)).values(), "and nothing else became current")
    step("withdrawal")

    message, conversation = new_id(), new_id()
    query = f"""<query><dissentOverride><semanticsText>DissentOverride</semanticsText><value code="0" codeSystem="{OVERRIDE}"/></dissentOverride><filterParameters/>
<nHSNumber><semanticsText>NHSNumber</semanticsText><value root="{NHS_NUMBER}" extension="{patient}"/></nHSNumber></query>"""
    route = handler.look_up(f"{SERVICES}psisquery:QUPC_IN160101UK05")
    payload = handler.message("QUPC_IN160101UK05", message, query, route["asid"])
    status, body = handler.send("psisquery", "QUPC_IN160101UK05", payload, message, conversation, reliable=False, route=route)
    expect(status == 202 and body == b"", f"an express query gets 202 and nothing: {status} {body[:300]}")
    reply = handler.await_reply(message)
    expect(reply["Action"] == "QUPC_IN160102UK05" and not reply["ack"], f"its answer comes by itself: {reply}")
    listed = [e.find(f"{{{HL7}}}id").get("root") for e in ET.fromstring(reply["payload"]).iter(f"{{{HL7}}}pSISDocMetaData")]
    expect(set(listed) == {event for event, _ in reader.events(patient)}, "the same documents either way")
    step("an express query")


def html_unescape(text):
    import html
    return html.unescape(text)


def main():
    up = json.loads(sys.stdin.readline())
    try:
        run(up, *sys.argv[1:3])
    except Unexpected as unexpected:
        print(f"not ok: {unexpected}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
