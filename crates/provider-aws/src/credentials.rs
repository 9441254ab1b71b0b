//! Why there are no credentials, in words.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::call::chain;

/// What went wrong with the credentials, when that is why a call failed.
pub(crate) fn problem(error: &(dyn Error + 'static)) -> Option<String> {
    let found = links(error).find_map(|link| link.downcast_ref::<CredentialsError>())?;
    if let Some(refused) = links(found).find_map(|link| link.downcast_ref::<AssumeRoleError>()) {
        let code = refused.code().unwrap_or("refused");
        let message = refused.message().unwrap_or("no reason was given");
        return Some(format!(
            "the role of `targets.aws.assumeRole` cannot be assumed: {code}: {message}"
        ));
    }
    let told = chain(found);
    let nobody = matches!(found, CredentialsError::CredentialsNotLoaded(_))
        || ["IMDS", "imds", "instance metadata"].iter().any(|word| told.contains(word));
    Some(if nobody {
        "no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or \
         `targets.aws.profile`, or run where a role gives them"
            .to_owned()
    } else {
        format!("the AWS credentials cannot be loaded: {told}")
    })
}

/// An error and what is behind it.
fn links<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let link = next?;
        next = link.source();
        Some(link)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credential_problems_say_what_to_do() {
        let none = CredentialsError::not_loaded("nothing there");
        assert!(
            problem(&none).is_some_and(|told| told.starts_with("no AWS credentials were found"))
        );
        let broken = CredentialsError::invalid_configuration("profile `x` has no key");
        let told = problem(&broken).unwrap_or_default();
        assert!(told.starts_with("the AWS credentials cannot be loaded"), "{told}");
        assert!(told.contains("profile `x` has no key"), "{told}");
        assert_eq!(problem(&std::fmt::Error), None);
    }
}
