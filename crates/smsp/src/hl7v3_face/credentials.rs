//! The person behind a request, checked against what this provider knows of them.

use itk::envelope::Caller;

use super::reply::Reply;
use super::{Asked, Hl7Face};
use crate::registry::AccessMethod;
use crate::trail::Trail;
use crate::users::Professional;

impl Hl7Face {
    /// Checks the author, who must be there.
    pub(super) fn professional(
        &self,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Professional, Reply> {
        let caller = Caller {
            // The message names none; the certificate does.
            organisation: asked.client.ods.clone(),
            user: asked.author.as_ref().map(|author| author.user.clone()),
            role_profile: asked.author.as_ref().map(|a| a.role_profile.clone()),
            job_role: asked.author.as_ref().map(|a| a.job_role.clone()),
        };
        trail.caller = Some(caller.clone());
        let service = &self.service;
        let codes = &service.config.activities;
        let checked = service
            .users
            .check(&caller, asked.client.access, codes, asked.at);
        match checked {
            Ok(professional) => {
                trail.professional = Some(professional.clone());
                Ok(professional)
            }
            Err(why) => Err(Reply::bad_credentials(trail, &why.to_string())),
        }
    }

    /// As [`Self::professional`], for what a client without users may ask without one. A user
    /// who is named must be known here too.
    pub(super) fn professional_if_any(
        &self,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Option<Professional>, Reply> {
        let nobody = asked.client.access == AccessMethod::Unattended && asked.author.is_none();
        match nobody {
            true => Ok(None),
            false => self.professional(trail, asked).map(Some),
        }
    }
}
