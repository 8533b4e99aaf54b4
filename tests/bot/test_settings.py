from pathlib import Path

import pytest

from bot.settings import Settings, load_settings
from index import ConfigError

ROOT = Path(__file__).parents[2]


def test_with_nothing_set_the_packaged_model_and_the_users_directory_serve(home: Path) -> None:
    settings = load_settings()
    assert settings.model == "all-MiniLM-L6-v2"
    assert settings.reader == "footnote"
    assert settings.library is None
    assert settings.default_library == home / "home" / "footnote"


def test_the_environment_wins_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".env").write_text("FOOTNOTE_LIBRARY=from-file\nFOOTNOTE_MODEL=other\nUNRELATED=1\n")
    monkeypatch.setenv("FOOTNOTE_LIBRARY", "from-environment")
    settings = load_settings()
    assert settings.library == Path("from-environment")
    assert settings.model == "other"


def test_an_empty_variable_counts_as_unset(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_LIBRARY", "")
    assert load_settings().library is None


def test_a_library_at_another_address_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_LIBRARY", "mysql://me:geheim@host/footnote")
    with pytest.raises(ConfigError, match="'mysql://…' is no folder, and no PostgreSQL") as raised:
        load_settings()
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_library_in_postgresql_is_an_address_whose_password_is_never_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    assert load_settings().place == home / "home" / "footnote"
    monkeypatch.setenv("FOOTNOTE_LIBRARY", "a/folder")
    assert load_settings().place == Path("a/folder")
    address = f"{scheme}://me:geheim@host/footnote"
    monkeypatch.setenv("FOOTNOTE_LIBRARY", address)
    settings = load_settings()
    assert settings.place == address
    assert "geheim" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_file_that_is_not_text_is_a_config_error(home: Path) -> None:
    (home / ".env").write_bytes(b"FOOTNOTE_MODEL=\xff\xfe\n")
    with pytest.raises(ConfigError, match=r"^\.env cannot be read: .* expected NAME=value"):
        load_settings()


def test_a_setting_of_the_wrong_kind_names_its_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict(Settings):
        limit: int = 1

    monkeypatch.setattr("bot.settings.Settings", Strict)
    monkeypatch.setenv("FOOTNOTE_LIMIT", "many")
    with pytest.raises(ConfigError, match=r"^FOOTNOTE_LIMIT holds 'many': .*valid integer"):
        load_settings()


def test_an_llm_is_its_address_and_its_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().llm_url is None
    monkeypatch.setenv("FOOTNOTE_LLM_URL", "http://127.0.0.1:8080/v1")
    with pytest.raises(ConfigError, match=r"^FOOTNOTE_LLM_MODEL is not set, and FOOTNOTE_LLM_URL"):
        load_settings()
    monkeypatch.setenv("FOOTNOTE_LLM_MODEL", "tiny")
    settings = load_settings()
    assert (settings.llm_url, settings.llm_model) == ("http://127.0.0.1:8080/v1", "tiny")
    assert (settings.llm_key, settings.llm_timeout, settings.llm_mode) == (None, 30, "quote")
    monkeypatch.delenv("FOOTNOTE_LLM_URL")
    with pytest.raises(ConfigError, match=r"^FOOTNOTE_LLM_URL is not set, and FOOTNOTE_LLM_MODEL"):
        load_settings()


def test_the_bots_token_has_its_usual_name_and_is_never_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().discord_token is None
    (home / ".env").write_text("DISCORD_TOKEN=secret-token\n")
    settings = load_settings()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == "secret-token"
    assert "secret-token" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("name", "value"),
    [("COOLDOWN", "-1"), ("QUEUE", "0"), ("SERVER_QUEUE", "many"), ("MESSAGE_CONTENT", "maybe")],
)
def test_a_setting_of_the_bot_that_cannot_be_names_its_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"FOOTNOTE_{name}", value)
    with pytest.raises(ConfigError, match=rf"^FOOTNOTE_{name} holds '{value}': "):
        load_settings()


def test_the_key_is_never_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_KEY", "sk-secret")
    settings = load_settings()
    assert settings.llm_key is not None
    assert settings.llm_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "FOOTNOTE_LLM_URL",
            "localhost:8080/me:sk-secret",
            "FOOTNOTE_LLM_URL holds something else",
        ),
        ("FOOTNOTE_LLM_MODE", "words", "FOOTNOTE_LLM_MODE holds 'words': Input should be 'quote'"),
        ("FOOTNOTE_LLM_TIMEOUT", "soon", "FOOTNOTE_LLM_TIMEOUT holds 'soon'"),
        ("FOOTNOTE_LLM_TIMEOUT", "0", "FOOTNOTE_LLM_TIMEOUT holds '0'"),
        ("FOOTNOTE_LLM_TIMEOUT", "nan", "FOOTNOTE_LLM_TIMEOUT holds 'nan'"),
    ],
)
def test_a_setting_of_the_llm_that_cannot_be_names_its_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as raised:
        load_settings()
    assert str(raised.value).startswith(said)
    assert "sk-secret" not in str(raised.value)


@pytest.mark.parametrize("document", [".env.example", "docs/configuration.md"])
def test_every_setting_is_documented(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for name in Settings.model_fields:
        variable = name.upper() if name == "discord_token" else f"FOOTNOTE_{name.upper()}"
        assert variable in text


def test_health_is_shown_on_this_machine_unless_the_setting_says_otherwise(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().health is None
    for text, address in [("9090", ("127.0.0.1", 9090)), ("0.0.0.0:80", ("0.0.0.0", 80))]:
        monkeypatch.setenv("FOOTNOTE_HEALTH", text)
        assert load_settings().health == address
    monkeypatch.setenv("FOOTNOTE_HEALTH", "here")
    with pytest.raises(ConfigError, match=r"^FOOTNOTE_HEALTH holds 'here': .*expected HOST:PORT"):
        load_settings()


@pytest.mark.parametrize("address", ["example.com/privacy", "ftp://a.example", "https://a b"])
def test_a_privacy_policy_is_a_web_address(
    home: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("FOOTNOTE_PRIVACY_URL", address)
    with pytest.raises(ConfigError, match="FOOTNOTE_PRIVACY_URL holds"):
        load_settings()
