// Every page in every state that somebody meets: for what must hold on all of them, and for pictures.
import { click, faregate, fill, newName, newUser, openUser, PASSWORD, post } from "./browser.mjs";

const firstName = "First name (optional)";

/** Names that are not meant well, and such as break a layout. */
export const ODD_NAMES = [
  "<img src=x onerror=alert(1)>",
  "</title></style><script>alert(2)</script>",
  "\"'><svg onload=alert(3)>",
  "\u202egnp.exe \u2067שלום\u2066",
  "🚕".repeat(150),
  "W".repeat(150),
  "&lt;b&gt; ${alert(4)} {{7*7}}",
];

/** Pages of the browsable API, each by what opens it. */
export const BROWSABLE = {
  "sign_up, opened": (page) => page.goto("/api/sign_up/"),
  "sign_up, done": (page) => signUp(page, { Username: newName("rider"), Password1: PASSWORD, Password2: PASSWORD }),
  "sign_up, with errors": (page) => signUp(page, { Username: "not a name", [firstName]: "Rita", Password1: "1", Password2: "2" }),
  "sign_up with odd names": (page) =>
    signUp(page, { Username: "W".repeat(150), [firstName]: ODD_NAMES[3], Password1: "1", Password2: "2" }),
  "log_in, done": async (page) => {
    await page.goto("/api/log_in/");
    await fill(page, { Username: await newUser(), Password: PASSWORD });
    await click(page.locator("form", { hasText: "By fields" }), "POST");
  },
  "me, opened": (page) => page.goto("/api/me/"),
  "sessions, opened": (page) => page.goto("/api/sessions/"),
  "sessions, shown": async (page) => {
    const { access } = await post("/api/log_in/", { username: await newUser(), password: PASSWORD, device_name: "My phone" });
    await page.goto("/api/sessions/");
    await fill(page, { "Access token": access });
    await click(page, "GET");
  },
  "a session": (page) => page.goto("/api/sessions/0199f000-0000-7000-8000-000000000000/"),
  "password/change": (page) => page.goto("/api/password/change/"),
};

async function signUp(page, fields) {
  await page.goto("/api/sign_up/");
  await fill(page, fields);
  await click(page.locator("form", { hasText: "By fields" }), "POST");
}

/** The log-in of the admin site. */
export const LOG_IN = {
  "log-in": (page) => page.goto("/admin/login/"),
  "log-in, refused": async (page) => {
    await page.goto("/admin/login/");
    await fill(page, { Username: newName("nobody"), Password: "wrong" });
    await click(page, "Log in");
  },
  "log-in after a log-out": (page) => page.goto("/admin/login/?done=left"),
  "log-in after a session": (page) => page.goto("/admin/login/?done=over"),
};

/** Pages of the admin site, opened by an administrator. */
export const ADMIN = {
  "list": (page) => page.goto("/admin/users/"),
  "list of nobody": (page) => page.goto("/admin/users/?q=nobody.is.like.this"),
  "list after a deletion": (page) => page.goto("/admin/users/?done=deleted"),
  "list of odd names": async (page) => {
    const begin = newName("odd");
    for (const [index, name] of ODD_NAMES.entries()) {
      await newUser({ username: `${begin}.${index}`, first: name, last: name });
    }
    await newUser({ username: "w".repeat(149) + nextLetter() });
    await page.goto("/admin/users/");
  },
  "user": async (page) => openUser(page, await rita()),
  "user, saved": async (page) => {
    await openUser(page, await rita());
    await click(page, "Save names");
  },
  "user, inactive": async (page) => {
    const username = await newUser();
    await faregate(["users", "deactivate", username]);
    await openUser(page, username);
  },
  "user with odd names": async (page) => {
    const username = await newUser({ first: ODD_NAMES[4], last: ODD_NAMES[5] });
    await post("/api/log_in/", { username, password: PASSWORD, device_name: ODD_NAMES[0] + "W".repeat(60) });
    await openUser(page, username);
  },
  "user, changed meanwhile": conflict,
  "user, with errors": async (page) => {
    await openUser(page, await newUser());
    await page.getByLabel(firstName).evaluate((input) => input.removeAttribute("maxlength"));
    await fill(page, { [firstName]: "x".repeat(151) });
    await click(page, "Save names");
  },
  "own page": (page) => openUser(page, page.own),
  "add": (page) => page.goto("/admin/users/add/"),
  "add, with errors": async (page) => {
    await page.goto("/admin/users/add/");
    await fill(page, { Username: "not a name", [firstName]: "Rita", Password: "1", "Password, once more": "2" });
    await click(page, "Add");
  },
  "password": (page) => below(page, "password/"),
  "password, with errors": async (page) => {
    await below(page, "password/");
    await fill(page, { "New password": "1234", "New password, once more": "1234" });
    await click(page, "Set password");
  },
  "delete": (page) => below(page, "delete/"),
  "delete, with errors": async (page) => {
    await below(page, "delete/");
    await fill(page, { "To delete this user, type the username": "somebody else" });
    await click(page, "Delete user");
  },
  "trail": (page) => page.goto("/admin/trail/"),
  "trail of another month": (page) => page.goto("/admin/trail/?month=2020-02"),
  "me, shown": (page) => page.goto("/api/me/"),
  "not found": (page) => page.goto("/admin/users/nobody/"),
  "not accepted": async (page) => {
    await page.goto("/admin/users/add/");
    const token = page.locator("main input[type=hidden]").first();
    await token.evaluate((input) => {
      input.value = "forged";
    });
    await fill(page, { Username: "user", Password: PASSWORD, "Password, once more": PASSWORD });
    await click(page, "Add");
  },
};

let letters = 0;
const nextLetter = () => "abcdefghijkl"[letters++];

/** Somebody with two open sessions and a history. */
export async function rita(username = newName("rita")) {
  await newUser({ username, first: "Rita", last: "Rider" });
  for (const device_name of ["Rita's phone", undefined]) {
    await post("/api/log_in/", { username, password: PASSWORD, device_name });
  }
  return username;
}

async function below(page, path) {
  await openUser(page, await rita());
  await page.goto(page.url() + path);
}

/** Two pages of one user, of which the second is sent when the first one was. */
export async function conflict(page, username) {
  await openUser(page, username ?? (await rita()));
  const other = await page.context().newPage();
  await other.goto(page.url());
  await fill(other, { [firstName]: "Margherita" });
  await click(other, "Save names");
  await other.close();
  await fill(page, { [firstName]: "Rita Maria" });
  await click(page, "Save names");
}
