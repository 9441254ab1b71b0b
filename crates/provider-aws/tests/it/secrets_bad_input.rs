//! Declarations of secrets that are refused, and how.

use serde_json::{Value, json};

use crate::support::{manifest, problems};

fn told(spec: &Value) -> String {
    problems(&manifest("secretsmanager", "Secret", "db", spec))
}

#[test]
fn a_value_in_git_is_refused_and_not_repeated() {
    let cases = [
        json!({"secretString": "hunter2"}),
        json!({"secretString": 20261122}),
        json!({"secretString": {"user": "app", "password": "hunter2"}}),
        json!({"secretString": {"valueFrom": "hunter2"}}),
        json!({"secretString": {"valueFrom": {"env": "hunter-2"}}}),
        json!({"secretString": {"json": {"password": "hunter2"}}}),
        json!({"secretString": {"json": "{\"password\": \"hunter2\"}"}}),
        json!({"secretBinary": "aHVudGVyMg=="}),
    ];
    let all: Vec<String> = cases.iter().map(told).collect();
    for secret in ["hunter2", "hunter-2", "20261122", "aHVudGVyMg"] {
        assert!(all.iter().all(|told| !told.contains(secret)), "{secret} is shown");
    }
    insta::assert_snapshot!(all.join("\n"), @r#"
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString: a value does not belong in Git; change it as well, Git keeps what it has seen (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString: a value does not belong in Git; change it as well, Git keeps what it has seen (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString: a value does not belong in Git; change it as well, Git keeps what it has seen (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom: a value does not belong in Git; change it as well, Git keeps what it has seen (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.env: this is not the name of an environment variable
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.json.password: a value does not belong in Git; change it as well, Git keeps what it has seen (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.json: a value does not belong in Git; change it as well, Git keeps what it has seen (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretBinary: a value does not belong in Git; change it as well, Git keeps what it has seen (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    "#);
}

#[test]
fn sources_that_suimon_does_not_read_are_told_what_to_write_instead() {
    let cases = [
        json!({"secretString": {"namespace": "default", "name": "db", "key": "password"}}),
        json!({"secretString": {"valueFrom": {"sops": "db.enc.yaml"}}}),
        json!({"secretString": {"valueFrom": {"fil": "x"}}}),
        json!({"secretString": {"valueFrom": {"file": "x", "env": "X"}}}),
        json!({"secretString": {"file": "x"}}),
        json!({"secretString": {"valueFrom": {"env": "X", "trimNewline": true}}}),
        json!({"secretBinary": {"valueFrom": {"env": "X"}}}),
        json!({"secretString": {"valueFrom": {"env": "X"}}, "secretBinary": {"valueFrom": {"file": "x"}}}),
        json!({"secretString": {"json": {}}}),
        json!({"secretString": {"valueFrom": {"age": {"fil": "x"}}}}),
    ];
    insta::assert_snapshot!(cases.iter().map(told).collect::<Vec<_>>().join("\n"), @r#"
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString: this names a key of a Kubernetes Secret, which suimon does not read (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.sops: suimon does not read sops files itself (run it below sops, `sops exec-env FILE 'suimon plan ENV'`, and write `env: NAME` here; or encrypt the value with age and write `age: PATH`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.fil: there is no field `fil` here (did you mean `file`?)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom: it names one of env, file, generate, age, sops
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString: the source is in a `valueFrom` (write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.trimNewline: `trimNewline` is true or false, beside `file` or `age`
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretBinary: bytes come from `file` or from `age`
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretBinary: a secret has a `secretString` or a `secretBinary`, not both
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.json: it names no key
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.age.fil: there is no field `fil` here (did you mean `file`?)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.age.file: this is not the path of a file
    "#);
}

#[test]
fn generators_that_make_nothing_good_are_refused() {
    let of = |generate: Value| json!({"secretString": {"valueFrom": {"generate": generate}}});
    let cases = [
        of(json!({"length": 7})),
        of(json!({"length": "many"})),
        of(json!({"length": 8, "alphabet": "ab"})),
        of(json!({"alphabet": "abc", "excludeCharacters": "abc"})),
        of(json!({"lenght": 32})),
        of(json!({"template": {"user": "x"}})),
        of(json!({"key": "password", "template": "no json"})),
        json!({"secretString": {"json": {"a": {"valueFrom": {"generate": {"key": "b"}}}}}}),
    ];
    insta::assert_snapshot!(cases.iter().map(told).collect::<Vec<_>>().join("\n"), @r#"
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.generate.length: it is a whole number from 8 to 4096
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.generate.length: it is a whole number from 8 to 4096
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.generate: such a value would be easy to guess: make it longer
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.generate.alphabet: it is made of 2 to 256 different characters
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.generate.lenght: there is no field `lenght` here (did you mean `length`?)
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.generate: a `template` needs the `key` that the value gets
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.valueFrom.generate.template: it is a JSON object
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.secretString.json.a: a part of a JSON object is a text: leave `key` and `template` out
    "#);
}

#[test]
fn limits_of_the_api_are_known_before_it_is_asked() {
    let tags: serde_json::Map<String, Value> =
        (0..41).map(|number| (format!("tag-{number}"), json!("x"))).collect();
    let spec = json!({
        "name": "a b", "recoveryWindowInDays": 6, "description": "x".repeat(2049),
        "tags": tags, "resourcePolicy": "{",
        "rotation": {"rotationRules": {
            "automaticallyAfterDays": 1001, "scheduleExpression": "daily", "duration": "3",
        }},
        "replicaRegions": [{"region": "eu-west-1"}, {"region": "eu-west-1"}, {"kmsKeyID": "x"}],
    });
    insta::assert_snapshot!(told(&spec), @r#"
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.name: it has 1 to 512 letters, digits and characters of `/_+=.@-`
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.description: it has at most 2048 characters
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.recoveryWindowInDays: it is from 7 to 30: suimon deletes no secret at once
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.tags: there are at most 40: a secret has 50 tags, and suimon marks what is its own
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.resourcePolicy: it is a JSON policy, as a map or as a text
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.rotation.rotationRules.automaticallyAfterDays: it is from 1 to 1000
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.rotation.rotationRules: it has `automaticallyAfterDays` or `scheduleExpression`, not both
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.rotation.rotationRules.scheduleExpression: it is `rate(…)` or `cron(…)`
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.rotation.rotationRules.duration: it is in hours, such as `3h`
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.replicaRegions[1].region: `eu-west-1` is there twice
    invalid-resource: Secret.secretsmanager.services.k8s.aws/db: spec.replicaRegions[2].region: a replica has a `region`
    "#);
}
