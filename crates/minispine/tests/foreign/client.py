"""A foreign SMSP client: every operation of the SCR mini services, with Python's own library.

Written from the published specification, not from the product, so that the two can disagree.
Reads the line of `minispine up --json` from standard input, prints one line a step, and exits with
1 at the first thing that is not as specified.

Usage: minispine up --json | python3 client.py
"""

import base64
import csv
import datetime
import http.client
import io
import json
import ssl
import sys
import urllib.parse
import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
WSA_2004 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
ITK = "urn:nhs-itk:ns:201005"
HL7 = "urn:hl7-org:v3"
CRS = "http://national.carerecords.nhs.uk/schema/crs/"
CONSENT = "urn:minispine:scr-consent:v1"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
SERVICE = "urn:nhs-itk:services:201005:sendRecvDistEnvelope"
UID = "1.2.826.0.1285.0.2.0.65"
URP = "1.2.826.0.1285.0.2.0.67"
INTERACTIONS = "2.16.840.1.113883.2.1.3.2.4.12"
ASID = "1.2.826.0.1285.0.2.0.107"
NHS_NUMBER = "2.16.840.1.113883.2.1.4.1"


class Unexpected(Exception):
    """The provider did something that the specification does not say."""


def new_id():
    return str(uuid.uuid4()).upper()


def instant(offset=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def expect(condition, what):
    if not condition:
        raise Unexpected(what)


class Provider:
    """Mutual TLS to one provider, one kept-alive connection."""

    def __init__(self, up):
        self.up = up
        self.url = urllib.parse.urlsplit(up["smsp"]["scr"])
        context = ssl.create_default_context(cafile=up["tls"]["ca"])
        context.load_cert_chain(up["tls"]["cert"], up["tls"]["key"])
        self.connection = http.client.HTTPSConnection(
            self.url.hostname, self.url.port, context=context, timeout=30
        )

    def post(self, path, action, body):
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        self.connection.request("POST", path, body.encode("utf-8"), headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def get(self, path):
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        return response.status, response.read()

    def call(self, operation, payload, user=None, tracking=None, message=None, payload_id=None,
             profiles="urn:nhs-en:profile", interactions="urn:nhs-itk:interaction"):
        """Sends a payload and gives (response code, payload element), or raises on a fault."""
        payload_id = payload_id or new_id()
        body = self.envelope(
            operation, payload.replace("PAYLOAD-ID", payload_id), payload_id,
            user or self.up["user"], tracking or new_id(), message or new_id(), profiles, interactions,
        )
        status, answer = self.post(self.url.path, SERVICE, body)
        root = ET.fromstring(answer)
        fault = root.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
        if fault is not None:
            expect(status == 500, f"a fault comes with 500, not {status}")
            code = fault.find(f".//{{{ITK}}}ErrorCode")
            return ("fault " + (code.text if code is not None else "?"), None)
        expect(status == 200, f"an answer comes with 200, not {status}")
        header = root.find(f"{{{SOAP}}}Header")
        expect(header.find(f"{{{WSA}}}Action").text == SERVICE + "Response", "the answer's action")
        envelope = root.find(f"{{{SOAP}}}Body/{{{ITK}}}DistributionEnvelope")
        item = envelope.find(f"{{{ITK}}}header/{{{ITK}}}manifest/{{{ITK}}}manifestitem")
        wanted = f"{profiles}:{operation}Response-v-1-0"
        expect(item.get("profileid") == wanted, f"profile {item.get('profileid')} is not {wanted}")
        element = envelope.find(f"{{{ITK}}}payloads/{{{ITK}}}payload")[0]
        namespace = element.tag[1:].split("}")[0]
        value = element.find(f"{{{namespace}}}value")
        return value.get("code"), element

    def envelope(self, operation, payload, payload_id, user, tracking, message, profiles, interactions):
        identity = f"urn:nhs-uk:identity:ods:{user['ods']}:{user['user_id']}"
        sender = f"urn:nhs-uk:addressing:ods:{user['ods']}"
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<S:Envelope xmlns:S="{SOAP}" xmlns:a="{WSA}">
 <S:Header>
  <a:MessageID>urn:uuid:{message}</a:MessageID>
  <a:Action>{SERVICE}</a:Action>
  <a:To>{escape(self.up["smsp"]["scr"])}</a:To>
  <sec:Security xmlns:sec="{WSSE}">
   <u:Timestamp xmlns:u="{WSU}" u:Id="TS-{new_id()}">
    <u:Created>{instant(-1)}</u:Created><u:Expires>{instant(120)}</u:Expires>
   </u:Timestamp>
   <sec:UsernameToken><sec:Username>{escape(self.up["tls"]["username"])}</sec:Username></sec:UsernameToken>
  </sec:Security>
 </S:Header>
 <S:Body>
  <DistributionEnvelope xmlns="{ITK}">
   <header service="{SERVICE}" trackingid="{tracking}">
    <auditIdentity>
     <id uri={quoteattr(identity)}/>
     <id type="{UID}" uri="{user['user_id']}"/>
     <id type="{URP}" uri="{user['role_profile_id']}"/>
    </auditIdentity>
    <manifest count="1"><manifestitem mimetype="text/xml" id="uuid_{payload_id}" profileid="{profiles}:{operation}Request-v-1-0"/></manifest>
    <senderAddress uri={quoteattr(sender)}/>
    <handlingSpecification><spec key="urn:nhs-itk:ns:201005:interaction" value="{interactions}:{operation}Request-v1-0"/></handlingSpecification>
   </header>
   <payloads count="1"><payload id="uuid_{payload_id}">{payload}</payload></payloads>
  </DistributionEnvelope>
 </S:Body>
</S:Envelope>"""

    # One function an operation.

    def consent_and_existence(self, patient):
        code, element = self.call("getSCRStatus", f"""<h:GetSCRStatusRequest xmlns:h="{HL7}"><h:id root="PAYLOAD-ID"/>
            <h:getSCRStatusRequestGrouper><h:person.NHSNumber><h:value extension="{patient}"/></h:person.NHSNumber></h:getSCRStatusRequestGrouper>
            </h:GetSCRStatusRequest>""")
        if code != "SMSP-0000":
            return code, None, None
        exists = element.find(f"{{{HL7}}}component/{{{HL7}}}sCRExistsFlag/{{{HL7}}}value").get("value")
        consent = element.find(f"{{{HL7}}}component1/{{{HL7}}}sCRConsent/{{{HL7}}}code").get("code")
        return code, exists, consent

    def rights(self, user=None):
        code, element = self.call(
            "getRBACStatus", f'<GetRBACStatusRequest xmlns="{HL7}"><id root="PAYLOAD-ID"/></GetRBACStatusRequest>', user)
        if code != "SMSP-0000":
            return code, None, None
        flag = lambda part, name: element.find(f"{{{HL7}}}{part}/{{{HL7}}}{name}/{{{HL7}}}value").get("value")
        return code, flag("component", "withPTV"), flag("component1", "inEmergency")

    def permission(self, patient, user=None):
        code, element = self.call("queryPTV", f"""<QueryPTVRequest xmlns="{HL7}"><id root="PAYLOAD-ID"/>
            <queryPTVGrouper><person.NHSNumber><value extension="{patient}"/></person.NHSNumber></queryPTVGrouper></QueryPTVRequest>""", user)
        if code != "SMSP-0000":
            return code, None
        return code, element.find(f"{{{HL7}}}component/{{{HL7}}}pTVStatusFlag/{{{HL7}}}value").get("value")

    def permit(self, patient, subjects, low=None, high=None, **ids):
        interval = ""
        if low or high:
            low = f'<low value="{low}"/>' if low else ""
            high = f'<high value="{high}"/>' if high else ""
            interval = f"<effectiveTime>{low}{high}</effectiveTime>"
        holders = "".join(
            f'<subject1><sDSSubject><id root="{UID}" extension="{uid}"/><id root="{URP}" extension="{urp}"/></sDSSubject></subject1>'
            for uid, urp in subjects)
        code, _ = self.call("createPTV", f"""<CreatePTVRequest xmlns="{HL7}">{interval}<id root="PAYLOAD-ID"/>
            <subject><patient><id extension="{patient}"/></patient></subject>{holders}</CreatePTVRequest>""", **ids)
        return code

    def record(self, patient, create="false", emergency="false", reason=None, claim="true", **ids):
        why = f"<emergencyAccessReason.Value><value>{escape(reason)}</value></emergencyAccessReason.Value>" if reason else ""
        code, element = self.call("querySCR", f"""<QuerySCRRequest xmlns="{HL7}"><id root="PAYLOAD-ID"/><querySCRGrouper>
            <createPTV.Value><value value="{create}"/></createPTV.Value>
            <emergencyAccess.Value><value value="{emergency}"/></emergencyAccess.Value>{why}
            <person.NHSNumber><value extension="{patient}"/></person.NHSNumber>
            <selfClaimLR.Value><value value="{claim}"/></selfClaimLR.Value></querySCRGrouper></QuerySCRRequest>""", **ids)
        if code != "SMSP-0000":
            return code, None
        summary = next((e for e in element.iter(f"{{{HL7}}}GPSummary")), None)
        expect(summary is not None, "SMSP-0000 without a GPSummary")
        number = summary.find(f"{{{HL7}}}recordTarget/{{{HL7}}}patient/{{{HL7}}}id").get("extension")
        expect(number == patient, "the record of another patient")
        return code, summary.find(f"{{{HL7}}}id").get("root")

    def activity(self, kind, low, high=None, patient=None, user_filter=None, user=None):
        names = {"01": "Report By Date", "02": "Report By Patient", "03": "Report By Care Professional"}
        until = f'<high value="{high}"/>' if high else ""
        whose = f'<person.NHSNumber><value root="{NHS_NUMBER}" extension="{patient}"/></person.NHSNumber>' if patient else ""
        who = f'<subject.SDSUserId><value root="{UID}" extension="{user_filter}"/></subject.SDSUserId>' if user_filter else ""
        code, element = self.call("querySCRActivity", f"""<QuerySCRActivityRequest xmlns="{HL7}">
            <code code="{kind}" displayName="{names[kind]}"/><id root="PAYLOAD-ID"/>
            <querySCRActivityRequestGrouper><parameter.Period><value><low value="{low}"/>{until}</value></parameter.Period>{whose}{who}
            </querySCRActivityRequestGrouper></QuerySCRActivityRequest>""", user)
        if code != "SMSP-0000":
            return code, None, None
        text = element.find(f"{{{HL7}}}text")
        expect(text.get("representation") == "B64" and text.get("mediaType") == "text/csv", "the report's form")
        report = base64.b64decode(text.text, validate=True).decode("utf-8")
        expect(report.endswith("\r") and "\n" not in report, "records end with CR")
        lines = [next(csv.reader(io.StringIO(line))) for line in report.split("\r")[:-1]]
        header, rows = lines[0], lines[1:]
        expect(len(header) == 7 and all(len(row) == 9 for row in rows), "the number of fields")
        expect(int(header[1]) == len(rows) <= int(header[2]), "the header's counts")
        times = [row[8] for row in rows]
        expect(times == sorted(times), "rows ascend by time")
        return code, header, rows

    def extension(self, operation, body):
        return self.call(operation, body, profiles="urn:minispine:profile", interactions="urn:minispine:interaction")

    def consent(self, patient):
        code, element = self.extension("getSCRConsent", f"""<GetSCRConsentRequest xmlns="{CONSENT}"><id root="PAYLOAD-ID"/>
            <patient extension="{patient}"/></GetSCRConsentRequest>""")
        expect(code == "SMSP-0000", f"getSCRConsent gave {code}")
        return element

    def set_consent(self, patient, setting):
        code, _ = self.extension("setSCRConsent", f"""<SetSCRConsentRequest xmlns="{CONSENT}"><id root="PAYLOAD-ID"/>
            <patient extension="{patient}"/><consent setting="{setting}"/></SetSCRConsentRequest>""")
        return code


def step(text):
    print(f"ok  {text}", flush=True)


def run(up):
    provider = Provider(up)
    me = up["user"]
    nurse = {**me, "user_id": "999000000033", "role_profile_id": "999000000041"}
    officer = {**me, "user_id": "999000000058", "role_profile_id": "999000000066"}
    stranger = {**me, "user_id": "999000000999", "role_profile_id": "999000000991"}
    patient, other = up["patients"][0], up["patients"][1]
    today = datetime.datetime.now().strftime("%Y%m%d")

    status, wsdl = provider.get(provider.url.path + "?wsdl")
    expect(status == 200 and ET.fromstring(wsdl).tag == "{http://schemas.xmlsoap.org/wsdl/}definitions", "?wsdl")
    step("the WSDL is served")

    expect(provider.consent_and_existence(patient) == ("SMSP-0000", "true", "2"), "getSCRStatus")
    expect(provider.consent_and_existence("9990000001")[0] == "SMSP-0001", "a wrong check digit")
    step("getSCRStatus")

    expect(provider.rights() == ("SMSP-0000", "true", "true"), "getRBACStatus of the clinician")
    expect(provider.rights(nurse) == ("SMSP-0000", "true", "false"), "getRBACStatus of the nurse")
    expect(provider.rights(officer) == ("SMSP-0000", "false", "false"), "getRBACStatus of the privacy officer")
    expect(provider.rights(stranger)[0] == "SMSP-0005", "getRBACStatus of a stranger")
    step("getRBACStatus")

    expect(provider.permission(patient) == ("SMSP-0000", "false"), "queryPTV before")
    expect(provider.record(patient)[0] == "SCR-0003", "querySCR without permission")
    expect(provider.permit(patient, [(me["user_id"], me["role_profile_id"])], low=today) == "SMSP-0000", "createPTV")
    expect(provider.permission(patient) == ("SMSP-0000", "true"), "queryPTV after")
    expect(provider.permission(patient, nurse) == ("SMSP-0000", "false"), "queryPTV of another user")
    expect(provider.permission(other) == ("SMSP-0000", "false"), "queryPTV of another patient")
    expect(provider.permit(patient, [("999000000033", "999000000041")], "20300102", "20300101") == "SMSP-0001", "upside down")
    expect(provider.permit(patient, [("999000000999", "999000000991")]) == "SMSP-0005", "createPTV for a stranger")
    many = [("999000000033", "999000000041")] * 51
    expect(provider.permit(patient, many) == "fault 1000", "51 subjects")
    step("createPTV and queryPTV")

    code, first = provider.record(patient)
    expect(code == "SMSP-0000", f"querySCR with recorded permission gave {code}")
    expect(provider.record(other, emergency="true")[0] == "SMSP-0001", "emergency without reason")
    expect(provider.record(other, emergency="true", reason="unconscious")[0] == "SMSP-0000", "emergency access")
    expect(provider.permission(other) == ("SMSP-0000", "false"), "an emergency leaves no permission")
    tracking, message = new_id(), new_id()
    ids = {"tracking": tracking, "message": message, "payload_id": new_id()}
    once = provider.record(patient, **ids)
    again = provider.record(patient, **ids)
    expect(once == again == ("SMSP-0000", first), f"the same request again: {once} {again}")
    expect(provider.record(other, create="true", tracking=tracking)[0] == "fault 1000", "a tracking id used again")
    expect(provider.record(other, create="true", message=message)[0] == "fault 1000", "a MessageID used again")
    step("querySCR")

    code, header, rows = provider.activity("01", today)
    expect(code == "SMSP-0000", f"querySCRActivity gave {code}")
    seen = [(row[2], row[6], row[7]) for row in rows]
    expect((patient, "F", "") in seen and (other, "T", "unconscious") in seen, "the accesses are in the report")
    expect(all(row[3] == me["user_id"] and row[4] == me["role_profile_id"] for row in rows), "who looked")
    _, header, rows = provider.activity("02", today, today, patient=other)
    expect([row[2] for row in rows] == [other] and header[5] == other, "the report by patient")
    _, header, rows = provider.activity("03", today, user_filter=nurse["user_id"])
    expect(rows == [] and header[6] == nurse["user_id"], "the report by care professional")
    expect(provider.activity("02", today)[0] == "SMSP-0001", "by patient without a patient")
    expect(provider.activity("01", today, user=officer)[0] == "SMSP-0000", "the privacy officer may")
    expect(provider.activity("01", today, user=nurse)[0] == "SMSP-0005", "the nurse may not")
    step("querySCRActivity")

    setting = lambda: provider.consent(other).find(f"{{{CONSENT}}}consent").get("view")
    expect(setting() == "Ask", "consent before")
    expect(provider.set_consent(other, "No") == "SMSP-0000", "setSCRConsent No")
    expect(setting() == "No", "consent after")
    expect(provider.record(other, create="true")[0] == "SCR-0002", "querySCR of a patient who dissents")
    expect(provider.consent_and_existence(other) == ("SMSP-0000", "true", "0"), "getSCRStatus of a patient who dissents")
    expect(provider.set_consent(other, "Ask") == "SMSP-0000", "setSCRConsent Ask")
    expect(provider.record(other, create="true")[0] == "SMSP-0000", "querySCR of a patient who no longer dissents")
    step("getSCRConsent and setSCRConsent")


def main():
    up = json.loads(sys.stdin.readline())
    try:
        run(up)
    except Unexpected as unexpected:
        print(f"not ok: {unexpected}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
