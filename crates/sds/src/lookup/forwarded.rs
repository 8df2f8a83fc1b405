//! Messages that systems send each other through the Spine ("forward reliable" and "forward
//! express"): the address that SDS gives for them is the Spine's intermediary, not the receiver's
//! own. The lists are those of the SDS FHIR API.

use super::MessageHandling;
use crate::Endpoint;

/// Services whose messages may be passed on.
const SERVICES: &[&str] = &[
    "cc", "ebs", "ebsepr", "ebsnpr", "gp2gp", "pat", "itk", "dis", "ed", "op", "caf", "adm", "ooh",
    "am", "mh", "nd", "dir",
];
/// What is passed on reliably.
const RELIABLE: &[&str] = &[
    "COPC_IN000001UK01",
    "PRSC_IN040000UK08",
    "PRSC_IN080000UK07",
    "PRPA_IN010000UK07",
    "PRPA_IN020000UK06",
    "PRSC_IN050000UK06",
    "PRSC_IN090000UK09",
    "PRPA_IN030000UK08",
    "PRSC_IN100000UK06",
    "PRSC_IN070000UK08",
    "PRSC_IN140000UK06",
    "RCMR_IN010000UK05",
    "RCMR_IN030000UK06",
    "PRSC_IN130000UK07",
    "PRSC_IN110000UK08",
    "PRSC_IN060000UK06",
    "PRSC_IN150000UK06",
    "POLB_IN020006UK01",
    "POLB_IN020005UK01",
    "COMT_IN000004GB01",
    "MCCI_IN010000UK13",
];
/// What is passed on once.
const EXPRESS: &[&str] = &["PRSC_IN080000UK03", "PRSC_IN040000UK03"];

/// Puts the Spine's intermediary in the place of addresses whose messages it passes on.
pub(super) fn readdress(found: &mut [MessageHandling], own: &[Endpoint]) {
    for one in found {
        let Some(intermediary) = intermediary(&one.service_interaction) else {
            continue;
        };
        let spine = own.iter().find(|e| e.interaction.ends_with(intermediary));
        if let Some(spine) = spine {
            one.address.clone_from(&spine.address);
        }
    }
}

fn intermediary(service_interaction: &str) -> Option<&'static str> {
    let mut parts = service_interaction.rsplit(':');
    let (interaction, service) = (parts.next()?, parts.next()?);
    if !SERVICES.contains(&service) {
        return None;
    }
    if RELIABLE.contains(&interaction) {
        return Some("tms:ReliableIntermediary");
    }
    EXPRESS
        .contains(&interaction)
        .then_some("tms:ExpressIntermediary")
}
