"""What a good file becomes: values, defaults, placeholders, paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import ConfigError, Settings, load

EXAMPLE = """\
server: {host: 127.0.0.1, port: 8080, admin_token: ${GATEWAY_ADMIN_TOKEN:-}, max_body: 1MiB, max_in_flight: 1024}
store: {url: "sqlite:///data/gateway.db", retention: 30d}
dedupe: {window: 24h}
event_keys: [${GATEWAY_EVENT_KEY:-}]
sources:
  stripe: {adapter: stripe, secrets: ["${STRIPE_WEBHOOK_SECRET}"]}
  github: {adapter: github, secrets: ["${GITHUB_WEBHOOK_SECRET}"], dedupe_window: 72h}
subscriptions:
  welcome-email:
    events: ["stripe/customer.created", "github/*"]
    destination: {type: http, url: "http://127.0.0.1:9000/hooks", secrets: ["${WELCOME_SECRET}"], timeout: 15s}
    retry: {schedule: [5s, 1m, 10m, 1h, 3h, 6h, 12h, 24h], jitter: 0.2}
    concurrency: 16
"""  # noqa: E501 - as in the README
ENV = {
    "STRIPE_WEBHOOK_SECRET": "whsec_stripe",
    "GITHUB_WEBHOOK_SECRET": "github-secret",
    "WELCOME_SECRET": "welcome-welcome-welcome",
}
LEAST = "sources: {s: {adapter: github, secrets: [a-secret]}}\n"
SHIPPED = Path(__file__).parents[2] / "config.yaml"

Load = Callable[..., Settings]


def test_the_example_loads_with_its_three_variables(settings: Load) -> None:
    example = settings(EXAMPLE, ENV)
    stripe, welcome = example.sources["stripe"], example.subscriptions["welcome-email"]
    assert stripe.secrets[0].get_secret_value() == "whsec_stripe"
    assert (stripe.path, stripe.adapter.name, stripe.quarantine) == ("/webhooks/stripe", "stripe", False)
    assert welcome.events == ("stripe/customer.created", "github/*")
    assert welcome.retry.schedule == (5, 60, 600, 3600, 10_800, 21_600, 43_200, 86_400)
    assert (example.server.max_body, example.server.admin_token, example.event_keys) == (1_048_576, None, ())


def test_the_shipped_file_says_the_same_as_the_example(settings: Load) -> None:
    shipped, example = load(SHIPPED, ENV), settings(EXAMPLE, ENV)
    assert (shipped.server, shipped.dedupe) == (example.server, example.dedupe)
    assert (shipped.sources, shipped.subscriptions) == (example.sources, example.subscriptions)


def test_the_example_says_what_the_defaults_are(settings: Load) -> None:
    least, example = settings(LEAST), settings(EXAMPLE, ENV)
    assert least.server == example.server
    assert least.store == example.store
    assert least.dedupe == example.dedupe
    assert (least.event_keys, least.subscriptions, least.adapters_path) == ((), {}, None)


def test_a_subscription_needs_only_events_and_a_destination(settings: Load) -> None:
    short = 'subscriptions: {a: {events: ["**"], destination: {type: http, url: "http://x"}}}\n'
    subscription = settings(LEAST + short).subscriptions["a"]
    assert subscription.retry == settings(EXAMPLE, ENV).subscriptions["welcome-email"].retry
    assert (subscription.format, subscription.concurrency) == ("event", 16)
    assert (subscription.destination.timeout, subscription.destination.signing_keys) == (15, ())


def test_a_relative_store_lies_beside_the_file(settings: Load, tmp_path: Path) -> None:
    assert settings(LEAST).store.target == tmp_path / "data" / "gateway.db"
    assert settings(LEAST + 'store: {url: "sqlite:///g.db"}').store.folder == tmp_path


def test_an_absolute_store_lies_where_it_says(settings: Load) -> None:
    assert settings(LEAST + 'store: {url: "sqlite:////var/g.db"}').store.target == Path("/var/g.db")


def test_one_retention_is_for_everything_but_keys(settings: Load) -> None:
    retention = settings(LEAST + "store: {retention: 7d}").store.retention
    assert (retention.events, retention.duplicates, retention.rejections) == (604_800,) * 3
    assert retention.keys is None


def test_retention_can_differ_by_kind(settings: Load) -> None:
    retention = settings(LEAST + "store: {retention: {events: 7d, keys: 90d}}").store.retention
    assert (retention.events, retention.duplicates, retention.keys) == (604_800, 2_592_000, 7_776_000)


def test_the_window_covers_the_retries_of_the_provider(settings: Load) -> None:
    example = settings(EXAMPLE, ENV)
    assert example.sources["stripe"].window(example) == 3 * 86_400


@pytest.mark.parametrize(("written", "seconds"), [("1h", 3600), ("72h", 259_200)])
def test_a_source_sets_its_own_window(settings: Load, written: str, seconds: int) -> None:
    one = settings(f"sources: {{s: {{adapter: stripe, secrets: [abc], dedupe_window: {written}}}}}")
    assert one.sources["s"].window(one) == seconds


def test_a_longer_window_for_all_wins_over_the_retries_of_the_provider(settings: Load) -> None:
    one = settings("dedupe: {window: 9d}\nsources: {s: {adapter: stripe, secrets: [abc]}}")
    assert one.sources["s"].window(one) == 9 * 86_400


@pytest.mark.parametrize(("keys", "kept"), [("90d", 90), ("1h", 3)])
def test_keys_are_kept_for_the_window_or_longer(settings: Load, keys: str, kept: int) -> None:
    one = settings(
        f"store: {{retention: {{keys: {keys}}}}}\nsources: {{s: {{adapter: stripe, secrets: [abc]}}}}"
    )
    assert one.sources["s"].key_kept(one) == kept * 86_400


def test_an_adapter_gets_its_own_keys_and_the_tolerance(settings: Load) -> None:
    text = "sources: {s: {adapter: stripe, secrets: [abc], twins: merge, tolerance: 1m}}"
    adapter = settings(text).sources["s"].adapter
    assert (adapter.options.model_dump()["twins"], adapter.tolerance) == ("merge", 60)


def test_adapters_of_ones_own_come_from_a_folder_beside_the_file(settings: Load, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "acme.py").write_text(
        "from adapters.base import Adapter\n"
        "class Acme(Adapter):\n    name = 'acme'\n    title = 'Acme'\n    docs = 'https://acme.example'\n"
        "adapter = Acme\n"
    )
    one = settings("adapters_path: mine\nsources: {s: {adapter: acme, secrets: [abc]}}")
    assert one.adapters_path == folder
    assert one.sources["s"].adapter.title == "Acme"


def test_an_adapter_that_is_not_there_is_told_with_those_that_are(problems: Callable[..., list[str]]) -> None:
    (message,) = problems("sources: {s: {adapter: strpe, secrets: [abc]}}")
    assert message.startswith(
        "config.yaml:1: sources.s.adapter: there is no adapter 'strpe'. Did you mean 'stripe'? There are: "
    )


def test_all_problems_are_told_at_once_in_the_order_of_the_lines(problems: Callable[..., list[str]]) -> None:
    text = "server: {port: x}\nstore: {url: 1}\nsources:\n  s: {adapter: github, secrets: []}\n"
    text += "subscriptions:\n  a: {events: []}\n"
    found = [line.split(": ")[:2] for line in problems(text)]
    assert found == [
        ["config.yaml:1", "server.port"],
        ["config.yaml:2", "store.url"],
        ["config.yaml:4", "sources.s.secrets"],
        ["config.yaml:6", "subscriptions.a.events"],
        ["config.yaml:6", "subscriptions.a.destination"],
    ]


def test_a_file_that_is_not_there_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; name the config file with --config"):
        load(tmp_path / "config.yaml", {})


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"a: 1\n\xff")
    with pytest.raises(ConfigError, match=r"config.yaml:2: the file is not UTF-8 text"):
        load(tmp_path / "config.yaml", {})


def test_aliases_that_grow_without_end_are_refused(problems: Callable[..., list[str]]) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert problems("\n".join(rows)) == [
        "config.yaml: an alias holds itself, or the aliases make more than 100000 values"
    ]


def test_an_alias_repeats_a_part(settings: Load) -> None:
    text = (
        "sources: {a: {adapter: github, secrets: &s [abc]}, b: {adapter: github, secrets: *s}}\n"
        'subscriptions: {s: {events: ["**"], destination: {type: http, url: "http://x"}}}'
    )
    assert settings(text).sources["b"].secrets == settings(text).sources["a"].secrets


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_a_loopback_host_needs_no_token(settings: Load, host: str) -> None:
    assert settings(f'{LEAST}server: {{host: "{host}"}}').server.host == host


@pytest.mark.parametrize("secrets", ["required", "generated"])
def test_any_other_host_needs_a_token(
    settings: Load, problems: Callable[..., list[str]], secrets: str
) -> None:
    assert len(problems(f"{LEAST}server: {{host: 0.0.0.0}}", secrets=secrets)) == 1
    assert settings(f"{LEAST}server: {{host: 0.0.0.0, admin_token: abc}}", secrets=secrets)


def test_a_public_url_keeps_no_slash_at_its_end(settings: Load) -> None:
    url = settings(f'{LEAST}server: {{public_url: "https://hooks.example.com/in/"}}').server.public_url
    assert url == "https://hooks.example.com/in"


def test_settings_cannot_be_changed(settings: Load) -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings(LEAST).server.port = 1


def test_the_url_of_the_store_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://user:hunter22@db/gateway\n")
    (tmp_path / "config.yaml").write_text(f"{LEAST}store: {{url: file:url}}\n")
    assert load(tmp_path / "config.yaml", {}).store.name == "postgresql://db/gateway"
    for text in ("mysql://hunter22@db", ""):
        (tmp_path / "url").write_text(text)
        with pytest.raises(ConfigError, match="store.url") as error:
            load(tmp_path / "config.yaml", {})
        assert "hunter22" not in str(error.value)
