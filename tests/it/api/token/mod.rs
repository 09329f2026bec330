mod refresh;
mod verify;
