"""A foreign HL7 V3 client: consent and documents, asked of the SMSP's plain HL7 V3 way in and of
the Spine itself, with Python's own library.

Written from the published message definitions. Reads the line of `minispine up --json` from
standard input, prints one line a step, and exits with 1 at the first thing that is not as
specified.

Usage: minispine up --json | python3 hl7v3.py
"""

import datetime
import json
import sys
import urllib.parse
import xml.etree.ElementTree as ET

from client import (
    ASID, CRS, HL7, INTERACTIONS, NHS_NUMBER, SOAP, UID, URP, WSA_2004, Provider, Unexpected,
    expect, new_id, step,
)

JOB_ROLE = "1.2.826.0.1285.0.2.1.104"
OVERRIDE = "2.16.840.1.113883.2.1.3.2.4.17.60"
SERVICES = {
    "QUPC_IN160101UK05": "psisquery",
    "QUPC_IN160103UK05": "psisquery",
    "GET_RESOURCE_PERMISSIONS_INUK01": "lrsquery",
    "HAS_RESOURCE_PERMISSIONS_INUK01": "lrsquery",
    "SET_RESOURCE_PERMISSIONS_INUK01": "lrs",
    "QUPC_IN180000UK04": "psisquery",
    "QUPC_IN190000UK04": "psisquery",
    "REPC_IN150016UK05": "psis",
}


class Hl7:
    """One HL7 V3 service."""

    def __init__(self, up, url):
        self.up = up
        self.provider = Provider({**up, "smsp": {"scr": url}})
        self.url = urllib.parse.urlsplit(url)

    def ask(self, interaction, act, user=None, message=None, asid=None):
        """Sends a control act and gives (status, the interaction element or the fault)."""
        user = user or self.up["user"]
        message = message or new_id()
        asid = asid or self.up["tls"]["asid"]
        now = datetime.datetime.now().strftime("%Y%m%d%H%M%S")
        device = lambda system: f'<device classCode="DEV" determinerCode="INSTANCE"><id root="{ASID}" extension="{system}"/></device>'
        action = f"urn:nhs:names:services:{SERVICES[interaction]}/{interaction}"
        body = f"""<?xml version='1.0'?><SOAP:Envelope xmlns:SOAP="{SOAP}" xmlns:wsa="{WSA_2004}" xmlns:hl7="{HL7}"><SOAP:Header>
<wsa:MessageID>uuid:{message}</wsa:MessageID><wsa:Action>{action}</wsa:Action><wsa:To>{self.url.geturl()}</wsa:To>
<wsa:From><wsa:Address>https://client.example/reply</wsa:Address></wsa:From>
<hl7:communicationFunctionRcv><hl7:device><hl7:id root="{ASID}" extension="{self.up['spine']['asid']}"/></hl7:device></hl7:communicationFunctionRcv>
<hl7:communicationFunctionSnd><hl7:device><hl7:id root="{ASID}" extension="{asid}"/></hl7:device></hl7:communicationFunctionSnd>
<wsa:ReplyTo><wsa:Address>https://client.example/reply</wsa:Address></wsa:ReplyTo></SOAP:Header><SOAP:Body>
<{interaction} xmlns="{HL7}" type="Message"><id root="{message}"/><creationTime value="{now}"/><versionCode code="V3NPfIT3.0"/>
<interactionId root="{INTERACTIONS}" extension="{interaction}"/><processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="NE"/>
<communicationFunctionRcv typeCode="RCV">{device(self.up['spine']['asid'])}</communicationFunctionRcv>
<communicationFunctionSnd typeCode="SND">{device(asid)}</communicationFunctionSnd>
<ControlActEvent classCode="CACT" moodCode="EVN"><author typeCode="AUT"><AgentPersonSDS classCode="AGNT"><id root="{URP}" extension="{user['role_profile_id']}"/>
<agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="{UID}" extension="{user['user_id']}"/></agentPersonSDS>
<part typeCode="PART"><partSDSRole classCode="ROL"><id root="{JOB_ROLE}" extension="{user['job_role']}"/></partSDSRole></part></AgentPersonSDS></author>
<author1 typeCode="AUT"><AgentSystemSDS classCode="AGNT"><agentSystemSDS classCode="DEV" determinerCode="INSTANCE"><id root="{ASID}" extension="{asid}"/></agentSystemSDS></AgentSystemSDS></author1>
{act}</ControlActEvent></{interaction}></SOAP:Body></SOAP:Envelope>"""
        status, answer = self.provider.post(self.url.path, action, body)
        root = ET.fromstring(answer)
        fault = root.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
        if fault is not None:
            expect(status == 500, f"a fault comes with 500, not {status}")
            return "fault", fault
        expect(status == 200, f"an answer comes with 200, not {status}")
        related = root.find(f"{{{SOAP}}}Header/{{{WSA_2004}}}RelatesTo")
        expect(related is not None and related.text == f"uuid:{message}", "RelatesTo is our message")
        return "answer", root.find(f"{{{SOAP}}}Body")[0][0]

    def settings(self, patient, user=None):
        kind, answer = self.ask("GET_RESOURCE_PERMISSIONS_INUK01", f"""<crs:getResourcePermissionsRequest xmlns:crs="{CRS}"><crs:accessControlQuery>
            <crs:resourceContext root="{NHS_NUMBER}" extension="{patient}"/></crs:accessControlQuery></crs:getResourcePermissionsRequest>""", user)
        expect(kind == "answer", "GET_RESOURCE_PERMISSIONS gave a fault")
        local = lambda element: element.tag.split("}")[-1]
        found = {}
        for assertion in (e for e in answer.iter() if local(e) == "accessControlAssertion"):
            texts = {local(e): (e.text or "").strip() for e in assertion.iter()}
            found[texts["code"]] = texts["permission"]
        return found

    def set(self, patient, permission, user=None, message=None):
        """Gives the type code of the acknowledgement."""
        accessor = """<crs:accessor><crs:type>Everyone</crs:type><crs:accessorId><crs:name>Everyone</crs:name></crs:accessorId></crs:accessor>"""
        kind, answer = self.ask("SET_RESOURCE_PERMISSIONS_INUK01", f"""<crs:setResourcePermissionsRequest xmlns:crs="{CRS}"><crs:permissions>
            <crs:resourceContext root="{NHS_NUMBER}" extension="{patient}"/><crs:accessControlAssertion><crs:permission>{permission}</crs:permission><crs:userData/>
            <crs:resource><crs:type>SCR</crs:type><crs:Id>{patient}</crs:Id></crs:resource><crs:function><crs:context>Consent</crs:context><crs:code>View</crs:code></crs:function>
            {accessor}</crs:accessControlAssertion></crs:permissions></crs:setResourcePermissionsRequest>""", user, message)
        return self.acknowledged(kind, answer)

    def acknowledged(self, kind, answer):
        if kind == "fault":
            return "fault"
        return answer.find(f"{{{HL7}}}acknowledgement").get("typeCode")

    def query(self, interaction, patient, parameters, user=None, override="0"):
        return self.ask(interaction, f"""<query><dissentOverride><semanticsText>DissentOverride</semanticsText><value code="{override}" codeSystem="{OVERRIDE}"/></dissentOverride>
            <filterParameters>{parameters}</filterParameters>
            <nHSNumber><semanticsText>NHSNumber</semanticsText><value root="{NHS_NUMBER}" extension="{patient}"/></nHSNumber></query>""", user)

    def documents(self, patient, user=None):
        now = datetime.datetime.now().strftime("%Y%m%d%H%M%S")
        kind, answer = self.query("QUPC_IN160101UK05", patient, '<date><semanticsText>Date</semanticsText>'
            f'<value><low value="20000101000000"/><high value="{now}"/></value></date>', user)
        if kind == "fault" or answer.tag != f"{{{HL7}}}QUPC_IN160102UK05":
            return None
        return [e.find(f"{{{HL7}}}id").get("root") for e in answer.iter(f"{{{HL7}}}pSISDocMetaData")]

    def document(self, patient, document, user=None, override="0"):
        kind, answer = self.query("QUPC_IN160103UK05", patient,
            f'<documentID><semanticsText>DocumentID</semanticsText><value root="{document}"/></documentID>', user, override)
        if kind == "fault" or answer.tag != f"{{{HL7}}}QUPC_IN160104UK05":
            return None
        summary = next(answer.iter(f"{{{HL7}}}GPSummary"))
        return summary.find(f"{{{HL7}}}id").get("root")


def run(up):
    me = up["user"]
    nurse = {**me, "user_id": "999000000033", "role_profile_id": "999000000041", "job_role": "S8000:G8000:R8001"}
    stranger = {**me, "user_id": "999000000999", "role_profile_id": "999000000991"}
    patient, other = up["patients"][2], up["patients"][3]
    spine, face, mini = Hl7(up, up["spine"]["sync"]), Hl7(up, up["smsp"]["hl7v3"]), Provider(up)

    for name, service in (("Spine", spine), ("SMSP", face)):
        expect(service.settings(patient) == {}, f"{name}: the default is left out")
        expect(service.set(patient, "No") == "AA", f"{name}: SET No")
        expect(service.settings(patient) == {"View": "No", "Store": "No"}, f"{name}: both settings change")
        expect(service.documents(patient) is None, f"{name}: no list of a patient who dissents")
        message = new_id()
        expect(service.set(patient, "Clear", message=message) == "AA", f"{name}: SET Clear")
        expect(service.set(patient, "Clear", message=message) == "AA", f"{name}: the same SET again")
        expect(service.settings(patient) == {}, f"{name}: Clear restores the default")
        expect(service.set(patient, "Perhaps") == "AE", f"{name}: an unknown permission")
        step(f"{name}: consent")

    expect(face.set(patient, "No", nurse) != "AA", "SMSP: SET without B0020")
    expect(face.set(patient, "No", stranger) != "AA", "SMSP: SET by a stranger")
    expect(face.settings(patient) == {}, "SMSP: neither changed anything")
    step("SMSP: rights to set consent")

    listed = spine.documents(patient)
    expect(listed, "Spine: the list has the record")
    expect(spine.document(patient, listed[0]) == listed[0], "Spine: the document")
    step("Spine: documents")

    expect(face.documents(patient) is None, "SMSP: no list without permission and relationship")
    expect(mini.record(patient, create="true")[0] == "SMSP-0000", "querySCR records both")
    expect(face.documents(patient) == listed, "SMSP: the list, with permission on record")
    expect(face.document(patient, listed[0]) == listed[0], "SMSP: the document")
    expect(face.document(patient, listed[0], override="1") is None, "SMSP: dissent is never overridden")
    expect(face.document(patient, listed[0], nurse) is None, "SMSP: the permission is not the nurse's")
    expect(face.documents(other) is None, "SMSP: nor for another patient")
    kind, _ = face.ask("QUPC_IN180000UK04", "<query/>")
    expect(kind == "fault", "SMSP: other interactions are refused")
    kind, _ = face.ask("GET_RESOURCE_PERMISSIONS_INUK01", "", asid="990000000001")
    expect(kind == "fault", "SMSP: another system's ASID is refused")
    step("SMSP: documents")


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
