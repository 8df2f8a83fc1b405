//! Reading a request: who calls, what around the payload, which operation, what it asks.

use std::sync::Arc;

use domain::identifier::MessageId;
use itk::fault::Fault;
use itk::request::Rules;
use itk::signature::Verified;
use transport::Request;

use super::Provider;
use super::refusing::{denied, fault, no_caller};
use crate::duplicates::Identity;
use crate::face::{AnswerOf, Asked, Face};
use crate::outcome::Answer;
use crate::registry::{RegisteredClient, SignaturePolicy, Stranger};
use crate::trail::Trail;

impl Provider {
    /// Everything up to what is asked. What is learnt goes on the trail at once, so that a refusal
    /// is audited with what is known.
    pub(super) fn read<F: Face>(
        &self,
        face: &F,
        request: &Request,
        trail: &mut Trail,
        operation: &mut Option<F::Operation>,
    ) -> Result<Asked<F::What>, AnswerOf<F>> {
        let certificate = request.peer.certificate.as_deref();
        let client = self
            .clients
            .identify(certificate)
            .map_err(|why| denied(trail, why))?;
        trail.client = Some(Arc::clone(&client));

        let document = xml::Document::parse(&request.body)
            .map_err(|error| fault(trail, Fault::from(error)))?;
        let rules = Rules {
            now: trail.at,
            skew: self.config.skew,
            soap_action: request.header("soapaction"),
            service: itk::SEND_RECV,
            sha1: self.config.sha1,
        };
        let read = itk::request::read(&document, &rules).map_err(|refused| {
            let id = itk::request::message_id_of(&document);
            trail.message = id.and_then(|id| MessageId::parse(&id).ok());
            fault(trail, refused)
        })?;
        trail.message = Some(read.message_id.clone());
        trail.tracking = Some(read.envelope.tracking_id.clone());

        let caller = read
            .envelope
            .caller()
            .map(Arc::new)
            .map_err(|why| no_caller(trail, why))?;
        trail.caller = Some(Arc::clone(&caller));
        let sender = read.envelope.sender.as_deref();
        client
            .agrees(&read.username, &caller.organisation, sender)
            .map_err(|why| denied(trail, why))?;
        self.check_signature(trail, &client, read.signature.as_ref())?;

        let meant =
            F::operation(&read.envelope, &read.payload).map_err(|refused| fault(trail, refused))?;
        *operation = Some(meant);
        trail.operation = Some(meant.into());
        client.may_call(meant).map_err(|why| denied(trail, why))?;
        let identity = Identity::new(
            &client,
            meant,
            &read.envelope.tracking_id,
            &read.message_id,
            &read.envelope.identities,
            read.payload.slice().bytes,
        );
        trail.identity = Some(identity.taken_until(read.taken_until(rules.skew)));
        let what = face.what(trail, meant, &read.payload)?;
        Ok(Asked {
            at: trail.at,
            message: read.message_id,
            client,
            caller,
            what,
        })
    }

    /// Whether the message is signed as this client's messages are to be, by somebody who is
    /// trusted. That the signature is right, and made by the certificate of the user name, has
    /// been checked by then.
    fn check_signature<T, C>(
        &self,
        trail: &mut Trail,
        client: &RegisteredClient,
        signature: Option<&Verified>,
    ) -> Result<(), Answer<T, C>> {
        let Some(signature) = signature else {
            return match client.signature {
                SignaturePolicy::Optional => Ok(()),
                SignaturePolicy::Required => Err(denied(trail, Stranger::Unsigned)),
            };
        };
        let trusted = match &self.config.trust {
            Some(trust) => trust.check(&signature.certificate, &signature.chain, trail.at),
            None => Err("no authorities are configured for signatures".to_owned()),
        };
        match trusted {
            Ok(certificate) => {
                trail.note(format!("signed by {}", certificate.subject));
                Ok(())
            }
            Err(why) => {
                tracing::warn!(why, "the certificate of a signature is not trusted");
                trail.note(why);
                Err(denied(trail, Stranger::Signer))
            }
        }
    }
}
