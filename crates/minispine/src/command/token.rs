//! `minispine token`: a bearer token of the demo's issuer, for the SCR FHIR API of `up`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::SdsUserId;
use scr_api::Subject;
use scr_api::token::{Role, Strings};
use sds::users::{Entry, UsersFile};
use serde_json::json;
use transport::Environment;

use crate::arguments::Token;
use crate::demo::{self, Folder, Identities};

pub(crate) fn run(token: &Token) -> Result<ExitCode> {
    let env = Environment::system();
    let folder = Folder::new(&token.data);
    let issuer = demo::load_issuer(&folder, &env)?;
    let subject = match token.application {
        true => Subject::Application,
        false => {
            let user = match &token.user {
                Some(user) => user.clone(),
                None => Identities::made_up()?.user,
            };
            user_of(&folder, &user)?
        }
    };
    let client_id = token.client_id.as_deref().unwrap_or(demo::API_CLIENT);
    let valid = Duration::from_secs(u64::from(token.minutes) * 60);
    let mut claims = issuer.claims(client_id, &subject, valid);
    if !token.scopes.is_empty() {
        claims.scope = Strings::One(token.scopes.join(" "));
    }
    let signed = issuer.sign(&claims)?;
    super::print_line(&match token.json {
        false => signed,
        true => json!({
            "access_token": signed,
            "token_type": "Bearer",
            "expires_in": valid.as_secs(),
            "scope": claims.scope.words().collect::<Vec<_>>().join(" "),
        })
        .to_string(),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A user with all their roles, as the users file has them.
fn user_of(folder: &Folder, user: &SdsUserId) -> Result<Subject> {
    let file = UsersFile::open(folder.users())
        .context("the users are those of `minispine up`: start it first, or name its --data")?;
    let own: Vec<&Entry> = file
        .entries()
        .filter(|entry| entry.user_id == *user)
        .collect();
    let Some(first) = own.first() else {
        bail!("user {user} is not in {}", folder.users().display());
    };
    let role = |entry: &&Entry| Role {
        person_roleid: entry.role_profile_id.to_string(),
        role_code: Some(entry.job_role.to_string()),
        org_code: Some(entry.ods.to_string()),
    };
    Ok(Subject::User {
        user: user.to_string(),
        name: Some(first.name.clone()),
        roles: own.iter().map(role).collect(),
    })
}
