//! The use case: an access token becomes its user, or nobody.

use faregate::authentication::{AuthenticationError, Undecided, decided};
use faregate::domain::principal::Principal;
use faregate::tokens::AccessClaims;

use crate::{Deps, LookUp};

/// Whom the token stands for, if it is good: no call in stateless mode, one batch read in session mode.
pub(crate) async fn authorize(deps: &Deps, token: &str) -> Result<Option<Principal>, Undecided> {
    match &deps.look_up {
        LookUp::Token(verifier) => {
            let claims = decided(verifier.access(token, deps.clock.now()).await)?;
            Ok(claims.and_then(AccessClaims::principal))
        }
        LookUp::Session(authenticator) => match authenticator.authenticate(token).await {
            Ok(caller) => Ok(Some(caller.principal())),
            Err(AuthenticationError::Store(error)) => Err(error.into()),
            Err(AuthenticationError::Keyring(error)) => Err(Undecided::Keyring(error)),
            Err(_refused) => Ok(None),
        },
    }
}
