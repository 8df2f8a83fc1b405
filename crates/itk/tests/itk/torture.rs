//! The same request in every dress a sender may give it.

use itk::request;
use itk::scr::Operation;

use crate::support::{
    MESSAGE, Outcome, PAYLOAD, TRACKING, USERNAME, patient, query, query_message, receive, rules,
};

/// A request with other prefixes for everything, headers in another order, comments and
/// processing instructions everywhere, and the published spelling slip in the interaction.
fn dressed() -> String {
    format!(
        r#"<?xml version="1.0"?><!-- a --><?p i?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><!-- b -->
 <e:Header><!-- c -->
  <x:Security xmlns:x="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" e:mustUnderstand="1">
   <x:UsernameToken><!-- d --><x:Username> {USERNAME}<!-- e --> </x:Username></x:UsernameToken>
   <u:Timestamp xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" u:Id="ts-0A0A0A0A-0000-4000-8000-000000000007">
    <u:Expires>2026-03-01T13:05:00.5+0100</u:Expires><u:Created>2026-03-01T11:59:59</u:Created>
   </u:Timestamp>
  </x:Security>
  <To xmlns="http://www.w3.org/2005/08/addressing">
   http://localhost/<!-- f -->smsp/scr
  </To>
  <a:Action xmlns:a="http://www.w3.org/2005/08/addressing"><![CDATA[urn:nhs-itk:services:201005:]]>sendRecvDistEnvelope</a:Action>
  <local:Thing xmlns:local="l"><wsa:To xmlns:wsa="http://www.w3.org/2005/08/addressing">no</wsa:To></local:Thing>
  <b:MessageID xmlns:b="http://www.w3.org/2005/08/addressing">uuid:{message}</b:MessageID>
 </e:Header><!-- g -->
 <e:Body><!-- h -->
  <DistributionEnvelope xmlns="urn:nhs-itk:ns:201005"><!-- i -->
   <k:header xmlns:k="urn:nhs-itk:ns:201005" trackingid="{TRACKING}" service="urn:nhs-itk:services:201005:sendRecvDistEnvelope">
    <k:addresslist><k:address uri="urn:nhs-uk:addressing:ods:RAL"/><k:address type="2.16.840.1.113883.2.1.3.2.4.21.1" uri="RAL01"/></k:addresslist>
    <auditIdentity><id type="1.2.826.0.1285.0.2.0.67" uri="212233445566"/><!-- j --><id uri="urn:nhs-uk:identity:ods:RKE:112233445566"></id></auditIdentity>
    <manifest count=" 1 "><manifestitem k:extra="1" encrypted="0" base64="false" compressed="false" metadata="false" profileid="urn:nhs-en:profile:querySCRRequest-v-1-0" mimetype="Text/XML" id="_{PAYLOAD}"/></manifest>
    <senderAddress uri="urn:nhs-uk:addressing:ods:RKE"/>
    <handlingSpecification><spec key="urn:nhs-itk:ns:201005:infackrequested" value="false"/><spec value="urn:nhs-itk:interaction:querySCRRequest-v-1-0" key="urn:nhs-itk:ns:201005:interaction"/></handlingSpecification>
   </k:header>
   <payloads count="1"><!-- l --><payload filename="f" id="_{PAYLOAD}"><!-- m -->
    <v:QuerySCRRequest xmlns:v="urn:hl7-org:v3" updateMode="added"><!-- n --><v:id root="{PAYLOAD}"/>
     <querySCRGrouper xmlns="urn:hl7-org:v3">
      <createPTV.Value><value value="true"/></createPTV.Value><?p i?>
      <emergencyAccess.Value><v:value value=" false "/></emergencyAccess.Value>
      <emergencyAccessReason.Value><value mediaType="text/plain" representation="TXT"><!-- o --></value></emergencyAccessReason.Value>
      <person.NHSNumber nullFlavor="UNK"><value extension="{number}"/></person.NHSNumber>
      <pTVDuration.Value><value><low value="20260301"/><!-- p --><high inclusive="true" value="20260308"/></value></pTVDuration.Value>
      <selfClaimLR.Value><value value="true"></value></selfClaimLR.Value>
     </querySCRGrouper>
    </v:QuerySCRRequest>
   </payload></payloads>
  </DistributionEnvelope>
 </e:Body>
</e:Envelope><!-- q -->"#,
        message = MESSAGE.to_lowercase(),
        number = patient().as_str(),
    )
}

#[test]
fn a_request_in_fancy_dress_says_the_same() {
    let text = dressed();
    assert_eq!(
        receive(&text, &rules()),
        Outcome::Accepted(Operation::QueryScr)
    );
    let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
    let request = request::read(&doc, &rules()).expect("a request");
    assert_eq!(
        request.message_id.as_str(),
        format!("uuid:{}", MESSAGE.to_lowercase())
    );
    assert_eq!(request.to, "http://localhost/smsp/scr");
    assert_eq!(request.username, USERNAME);
    assert_eq!(request.created.to_string(), "2026-03-01T11:59:59Z");
    assert_eq!(request.expires.to_string(), "2026-03-01T12:05:00.5Z");
    assert_eq!(
        request.envelope.addresses,
        ["urn:nhs-uk:addressing:ods:RAL", "RAL01"]
    );
    assert_eq!(request.envelope.payload_id, format!("_{PAYLOAD}"));
    let caller = request.envelope.caller().expect("a caller");
    assert_eq!(caller, crate::support::caller());
    let payload = itk::scr::query_scr::Request::read(&request.payload).expect("a payload");
    assert_eq!(payload, query());
}

#[test]
fn our_own_request_reads_back() {
    let text = query_message();
    let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
    let request = request::read(&doc, &rules()).expect("a request");
    assert_eq!(request.message_id.as_str(), MESSAGE);
    assert_eq!(request.envelope.tracking_id.as_str(), TRACKING);
    assert_eq!(
        request.envelope.caller().expect("a caller"),
        crate::support::caller()
    );
    assert_eq!(
        request.envelope.sender_organisation(),
        Some(crate::support::caller().organisation)
    );
    assert_eq!(request.created, crate::support::now());
}

#[test]
fn the_envelope_is_checked_without_a_look_into_the_payload() {
    // Blank attributes are refused around the payload, and inside it only by its own reader: this
    // request is refused for its payload only once the payload itself is read.
    let filler = "<x a=\"\"/>".repeat(50_000);
    let text =
        query_message().replace("</querySCRGrouper>", &format!("{filler}</querySCRGrouper>"));
    let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
    let request = request::read(&doc, &rules()).expect("a request");
    assert!(itk::scr::query_scr::Request::read(&request.payload).is_err());
}
