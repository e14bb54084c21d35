//! The paths of change hooks. What each dialect takes is its plugin's business; what is answered, is all there is to say.

use crate::api::hooks::PLACES;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// What a request is answered that was taken.
const DONE: u16 = 202;

/// What goes wrong, and what it means.
const WRONG: [(u16, &str); 9] = [
    (400, "the request is wrong, or its payload does not parse; the text names where"),
    (401, "nothing proves that who calls knows the hook's secret, or its password"),
    (403, "a page of another site asks; or nobody has to prove anything, and the header Host names another host"),
    (404, "the dialect is not enabled"),
    (405, "a hook takes GET and POST"),
    (408, "the body did not come in time"),
    (413, "the body is too large"),
    (500, "the plugin failed: the host's log says why, and nothing is written"),
    (503, "the host cannot do it now"),
];

/// Each path, with both of its operations.
pub(super) fn paths() -> Vec<(String, Value)> {
    // With a slash at its end a path is the same.
    let places = PLACES.iter().filter(|place| !place.ends_with('/'));
    places.map(|place| place.replace("{*", "{")).map(|path| (path.clone(), item(&path))).collect()
}

fn item(path: &str) -> Value {
    let key = |name: &str, example: &str| {
        json!({"name": name, "in": "path", "required": true,
        "schema": {"type": "string", "minLength": 1}, "example": example})
    };
    let keys =
        [("dialect", "github"), ("more", "x")].into_iter().filter(|(name, _)| path.contains(&format!("{{{name}}}")));
    let parameters: Vec<Value> = keys.map(|(name, example)| key(name, example)).collect();
    let query = ["project", "codebase"].map(|name| {
        let says = format!("the {name} of the changes, whatever the payload says");
        json!({"name": name, "in": "query", "description": says, "schema": {"type": "string"}})
    });
    let parameters = [parameters, query.to_vec()].concat();
    let operation = |method: &str| {
        json!({
            "operationId": format!("{method} {path}").replace(['/', ' ', '{', '}'], "_"),
            "summary": "Tells of changes, as the forge of this dialect does; without a dialect, as `base`",
            "security": [],
            "parameters": parameters,
            "responses": answers(),
        })
    };
    let (get, mut post) = (operation("get"), operation("post"));
    let kinds = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
    let kinds: Map<String, Value> =
        kinds.iter().map(|kind| ((*kind).to_owned(), json!({"schema": {"type": "object"}}))).collect();
    post["requestBody"] = json!({"content": kinds});
    json!({"get": get, "post": post})
}

/// What is answered, by reference.
fn answers() -> Value {
    let statuses = [DONE].into_iter().chain(WRONG.map(|(status, _)| status));
    let reference = |status: u16| json!({"$ref": format!("#/components/responses/hook-{status}")});
    statuses.map(|status| (status.to_string(), reference(status))).collect::<Map<String, Value>>().into()
}

/// Each answer.
pub(super) fn responses() -> Map<String, Value> {
    let text = json!({"schema": {"type": "string"}});
    let mut responses = Map::new();
    let says = "it is on disk: how many changes, such as `3 change found` or `no change found`";
    responses.insert(format!("hook-{DONE}"), json!({"description": says, "content": {"text/plain": text}}));
    for (status, says) in WRONG {
        // The door speaks JSON to everybody.
        let content =
            json!({"text/plain": text, "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}});
        let mut answer = json!({"description": says, "content": content});
        if status == 401 {
            answer["headers"] = json!({"WWW-Authenticate": {"required": true, "schema": {"type": "string"}}});
        }
        responses.insert(format!("hook-{status}"), answer);
    }
    responses
}
