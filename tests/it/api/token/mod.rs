mod refresh;
mod rotation;
mod verify;
