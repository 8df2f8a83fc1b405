//! createPTV: the patient permits up to fifty care professionals to view the record.
//!
//! Whoever records it must have the right to view with permission themselves, and everyone it is
//! recorded for must be known in the same organisation, in the role named: permission for a
//! stranger would be permission for nobody. All of it is one commit, so no half of a team is left
//! out.

use domain::code::smsp::ResponseCode;
use domain::permission::{CareProfessional, PermissionSource, PermissionToView};
pub(crate) use itk::scr::create_ptv::{Request, write_response};
use store::Commit;

use crate::permission::{Term, term};
use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::users::{self, Professional};
use crate::verdict::{Answer, Content, Marks, Verdict};

/// From the request to the verdict.
pub(crate) fn run(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Verdict {
    trail.patient = Some(request.patient);
    let permissions = permissions(service, trail, asked, request);
    permissions.map_or_else(Verdict::from, |permissions| Verdict {
        answer: Content::Recorded.into(),
        effects: Commit {
            permissions,
            ..Commit::default()
        },
        marks: Marks::Message,
    })
}

fn permissions(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Result<Vec<PermissionToView>, Answer> {
    let default = service.provider.config.permission;
    let term = term(request.effective.as_ref(), asked.at, default).map_err(|why| {
        trail.note(format!("effectiveTime: {why}"));
        Answer::Code(ResponseCode::InputValidation)
    })?;
    let professional = service.professional(trail, asked)?;
    if !professional.rights.view {
        trail.note("the role profile lacks the right to view (B0370), so it cannot pass it on");
        return Err(ResponseCode::AuthorCredentials.into());
    }
    let holders = holders(service, trail, asked, request, &professional)?;
    trail.note(noted(&holders, &term));
    let permission = |holder| PermissionToView {
        patient: request.patient,
        holder,
        from: term.from,
        until: term.until,
        source: PermissionSource::CreatePtv,
        message: asked.message.clone(),
    };
    Ok(holders.into_iter().map(permission).collect())
}

/// Who is to be permitted, each once.
fn holders(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
    professional: &Professional,
) -> Result<Vec<CareProfessional>, Answer> {
    let organisation = &professional.holder.organisation;
    let mut holders: Vec<CareProfessional> = Vec::with_capacity(request.subjects.len());
    for subject in &request.subjects {
        let (user, profile) = (&subject.user, &subject.role_profile);
        let found = users::find(
            &service.provider.users,
            user,
            profile,
            organisation,
            asked.at,
        );
        let holder = found.map_err(|why| {
            trail.note(format!("subject {}: {why}", subject.user));
            Answer::Code(ResponseCode::AuthorCredentials)
        })?;
        if !holders.contains(&holder) {
            holders.push(holder);
        }
    }
    Ok(holders)
}

/// For whom and how long, as the audit keeps it.
fn noted(holders: &[CareProfessional], term: &Term) -> String {
    let who: Vec<String> = holders
        .iter()
        .map(|holder| format!("{}:{}", holder.user, holder.role_profile))
        .collect();
    let until = term.until.map(|until| format!(" until {until}"));
    format!(
        "permission to view from {}{} for {}",
        term.from,
        until.as_deref().unwrap_or(", lasting,"),
        who.join(" ")
    )
}
