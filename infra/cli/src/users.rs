//! `faregate users`.

use faregate::domain::administration::{Deed, UserChange};
use faregate::domain::password::PasswordHash;
use faregate::domain::password_policy::PersonalAttributes;
use faregate::domain::user::{self, NewUser, User, UserId};
use faregate::domain::username::Username;
use faregate::http::messages;
use faregate::service::Service;
use faregate::store::{CreateUserError, Outcome};

use crate::arguments::{DeleteArguments, NewUserArguments, PasswordArguments, ShowArguments, UserCommand};
use crate::confirmation;
use crate::failure::Failure;
use crate::output::Report;
use crate::password;

/// Carries out `command`.
pub(crate) async fn run(service: &Service, command: UserCommand) -> Result<Report, Failure> {
    match command {
        UserCommand::Show(who) => show(service, who).await,
        UserCommand::Activate(who) => change(service, &who.username, UserChange::Activate, "is active").await,
        UserCommand::Deactivate(who) => {
            change(service, &who.username, UserChange::Deactivate, "is inactive; every session is over").await
        }
        UserCommand::Delete(arguments) => delete(service, &arguments).await,
        UserCommand::SetPassword(arguments) => set_password(service, &arguments).await,
        UserCommand::LogOut(who) => {
            change(service, &who.username, UserChange::EndSessions, "is logged out everywhere").await
        }
        UserCommand::Unlock(who) => unlock(service, &who.username).await,
        UserCommand::GrantStaff(who) => change(service, &who.username, UserChange::Staff(true), "is staff").await,
        UserCommand::RevokeStaff(who) => change(service, &who.username, UserChange::Staff(false), "is not staff").await,
    }
}

/// Makes a user.
pub(crate) async fn create(service: &Service, arguments: NewUserArguments) -> Result<Report, Failure> {
    let NewUserArguments { password: PasswordArguments { user, password_stdin }, first_name, last_name, staff } =
        arguments;
    let username = Username::parse(&user.username)
        .map_err(|errors| Failure::Refused(errors.into_iter().map(messages::username).collect::<Vec<_>>().join(" ")))?;
    let (first_name, last_name) = (person_name(&first_name)?, person_name(&last_name)?);
    if service.users().is_taken(&username).await? {
        return Err(Failure::Refused(messages::USERNAME_TAKEN.to_owned()));
    }
    let person = PersonalAttributes { username: &user.username, first_name: &first_name, last_name: &last_name };
    let password_hash = new_hash(service, &person, password_stdin).await?;
    let now = service.clock.now();
    let new = NewUser { username, first_name, last_name, password_hash };
    let user = User { is_staff: staff, ..User::new(UserId::new(service.randomness.uuid_v7(now)), new, now) };
    match service.administration().create(&user, &deed(service)).await {
        Ok(()) => Ok(Report { line: format!("made {}", user.username), user, open_sessions: None }),
        Err(CreateUserError::UsernameTaken) => Err(Failure::Refused(messages::USERNAME_TAKEN.to_owned())),
        Err(CreateUserError::NoRight) => Err(Failure::Refused("nobody may do this".to_owned())),
        Err(CreateUserError::Store(error)) => Err(error.into()),
    }
}

fn person_name(given: &str) -> Result<String, Failure> {
    user::person_name(given).map_err(|error| Failure::Refused(messages::person_name(error)))
}

async fn show(service: &Service, who: ShowArguments) -> Result<Report, Failure> {
    let users = service.users();
    let user = match who {
        ShowArguments { id: Some(id), .. } => found(service, Some(id), &id.to_string()).await?,
        ShowArguments { legacy_id: Some(legacy), .. } => {
            let id = users.find_id_of_legacy(&legacy).await?;
            found(service, id, legacy.as_str()).await?
        }
        ShowArguments { username, .. } => find(service, &username.unwrap_or_default()).await?,
    };
    let sessions = service.sessions().open_ones(user.id, None, service.clock.now()).await?;
    let reactivation = service.settings.sessions.reactivation;
    let open = sessions.iter().filter(|session| session.is_open(&user.state(), reactivation)).count();
    Ok(Report { line: user.username.to_string(), user, open_sessions: Some(open) })
}

async fn change(service: &Service, typed: &str, change: UserChange, outcome: &str) -> Result<Report, Failure> {
    let user = find(service, typed).await?;
    let changed = service.administration().change_now(user.id, &change, &deed(service)).await?;
    let user = changed.ok_or_else(|| no_such_user(typed))?;
    if change.ends_sessions() {
        service.reaper().look_at(user.id).await;
    }
    Ok(Report { line: format!("{} {outcome}", user.username), user, open_sessions: None })
}

async fn unlock(service: &Service, typed: &str) -> Result<Report, Failure> {
    let user = find(service, typed).await?;
    service.administration().unlock(&user, &deed(service)).await?;
    Ok(Report { line: format!("{} may log in from any device", user.username), user, open_sessions: None })
}

async fn set_password(service: &Service, arguments: &PasswordArguments) -> Result<Report, Failure> {
    let typed = &arguments.user.username;
    let user = find(service, typed).await?;
    let person = PersonalAttributes {
        username: user.username.as_str(),
        first_name: &user.first_name,
        last_name: &user.last_name,
    };
    let hash = new_hash(service, &person, arguments.password_stdin).await?;
    change(service, typed, UserChange::Password(hash), "has a new password; every session is over").await
}

async fn delete(service: &Service, arguments: &DeleteArguments) -> Result<Report, Failure> {
    let user = find(service, &arguments.user.username).await?;
    let prompt = format!("Delete {} with every session? Type the username: ", user.username);
    if !arguments.yes && !confirmation::given(&prompt, user.username.as_str()) {
        return Err(Failure::Refused("nothing was deleted".to_owned()));
    }
    if service.administration().delete(&user, &deed(service)).await? != Outcome::Done {
        return Err(Failure::Refused(format!("{} is being changed by somebody else: try again", user.username)));
    }
    service.reaper().look_at(user.id).await;
    Ok(Report { line: format!("deleted {}", user.username), user, open_sessions: None })
}

async fn find(service: &Service, typed: &str) -> Result<User, Failure> {
    let id = service.users().find_id(typed).await?;
    found(service, id, typed).await
}

/// The user `id`, who was looked for as `typed`.
async fn found(service: &Service, id: Option<UserId>, typed: &str) -> Result<User, Failure> {
    let id = id.ok_or_else(|| no_such_user(typed))?;
    service.users().find(id).await?.ok_or_else(|| no_such_user(typed))
}

/// What the trail says of who uses the command.
fn deed(service: &Service) -> Deed {
    Deed::of_operator(service.clock.now())
}

fn no_such_user(typed: &str) -> Failure {
    Failure::Refused(format!("there is no user {typed:?}"))
}

/// The hash of a password that is asked for and satisfies the policy.
async fn new_hash(
    service: &Service,
    person: &PersonalAttributes<'_>,
    from_stdin: bool,
) -> Result<PasswordHash, Failure> {
    let password = password::read(person.username, from_stdin)?;
    let weaknesses = service.settings.password_policy.weaknesses(password.expose(), person);
    if !weaknesses.is_empty() {
        let found: Vec<String> = weaknesses.into_iter().map(messages::weakness).collect();
        return Err(Failure::Refused(found.join(" ")));
    }
    Ok(service.passwords()?.hash(password, service.randomness.bytes()).await?)
}
