mod account_delete;
mod log_in;
mod log_out;
mod me;
mod password_change;
mod sessions;
mod sign_up;
mod token;
