//! The person behind a request, checked against what this provider knows of them.

use std::sync::Arc;

use itk::envelope::Caller;

use super::reply::Reply;
use super::{Asked, Hl7Face};
use crate::registry::AccessMethod;
use crate::trail::Trail;
use crate::users::{self, Professional};

impl Hl7Face {
    /// Checks the author, who must be there.
    pub(super) fn professional(
        &self,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Arc<Professional>, Reply> {
        let caller = Arc::new(caller(asked));
        trail.caller = Some(Arc::clone(&caller));
        let service = &self.service;
        let (access, codes) = (asked.client.access, &service.provider.config.activities);
        match users::check(&service.provider.users, &caller, access, codes, asked.at) {
            Ok(professional) => {
                let professional = Arc::new(professional);
                trail.professional = Some(Arc::clone(&professional));
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
    ) -> Result<Option<Arc<Professional>>, Reply> {
        let nobody = asked.client.access == AccessMethod::Unattended && asked.author.is_none();
        match nobody {
            true => {
                trail.caller = Some(Arc::new(caller(asked)));
                Ok(None)
            }
            false => self.professional(trail, asked).map(Some),
        }
    }
}

/// On whose behalf the message is, as far as it says.
fn caller(asked: &Asked) -> Caller {
    let author = asked.author.as_ref();
    Caller {
        // The message names none; the certificate does.
        organisation: asked.client.ods.clone(),
        user: author.map(|author| author.user.clone()),
        role_profile: author.map(|author| author.role_profile.clone()),
        job_role: author.map(|author| author.job_role.clone()),
    }
}
