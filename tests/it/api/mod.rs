mod log_in;
mod log_out;
mod me;
mod sign_up;
mod token;
