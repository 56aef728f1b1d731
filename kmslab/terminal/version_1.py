"""AWS CLI version 1, which pip installs, made to behave as version 2 where a learner notices.

Changed are binary arguments (see `blobs`), exit codes, the form of a usage error, timestamps (ISO 8601), addresses as
arguments (version 2 does not fetch them), and the options about pagers (there is none). KMS's description is boto3's,
which is newer. Simplified: version 1 has no YAML, no pager and no prompts; `aws --version` says what it is.

awscli brings its own botocore under botocore's name: import this module only in a process of its own.

Source: AWS CLI User Guide, "Return codes" and "Migration guide"; compared with AWS CLI 2.9.19 by tests.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import distribution
from typing import Any

from kmslab.terminal import blobs

SERVICE_ERROR, CONFIGURATION_ERROR, USAGE_ERROR, OTHER_ERROR = 254, 253, 252, 255
INTERRUPTED = 128 + signal.SIGINT

_USAGE = """\
aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help
"""

_CONFIGURE_REGION = '%s You can also configure your region by running "aws configure".'
_CONFIGURE_CREDENTIALS = '%s. You can configure credentials by running "aws configure".'
_UNKNOWN_OPTION = f"usage: {_USAGE}\n%s\n"

#: Options of version 2 that mean nothing here and are taken, because instructions use them.
_TAKEN = ("no-cli-pager", "no-cli-auto-prompt")


class UsageError(Exception):
    """The command line cannot be read."""


def run(arguments: Sequence[str], loader: Any = None) -> int:
    """Run one command.

    Args:
        arguments: The command line without `aws`.
        loader: What `prepare` returned, in a process that did.

    Returns:
        Version 2's exit code.
    """
    try:
        return _dispatch(list(arguments), loader)
    except (Exception, KeyboardInterrupt) as error:
        return _report(error)


def prepare() -> Any:
    """Load ahead of time what most commands need: the program, and the descriptions of KMS and of AWS's endpoints.

    Returns:
        awscli's loader of service descriptions, which remembers what it read.
    """
    from awscli.clidriver import create_clidriver

    _speak_like_version_2()
    session = create_clidriver().session
    session.register_component("data_loader", _knowing_all_of_kms(session.get_component("data_loader")))
    session.set_config_variable("region", "us-east-1")
    session.create_client("kms", aws_access_key_id="unused", aws_secret_access_key="unused")  # noqa: S106
    loader = session.get_component("data_loader")
    loader.list_available_services(type_name="service-2")
    loader.load_data("cli")
    loader.load_service_model("kms", "paginators-1")
    return loader


def _dispatch(arguments: list[str], loader: Any) -> int:
    from awscli.clidriver import create_clidriver

    _speak_like_version_2()
    driver = create_clidriver()
    driver.session.register_component(
        "data_loader", loader or _knowing_all_of_kms(driver.session.get_component("data_loader"))
    )
    _register(driver.session.get_component("event_emitter"))
    commands = driver._get_command_table()
    parser = driver._create_parser(commands)
    driver._add_aliases(commands, parser)
    parsed, remaining = parser.parse_known_args(arguments)
    driver._handle_top_level_args(parsed, remaining)
    driver._emit_session_event(parsed)
    return int(commands[parsed.command](remaining, parsed) or 0)


def _knowing_all_of_kms(loader: Any) -> Any:
    """A loader that reads KMS's description where boto3 does: version 1 learns no new operations any more."""
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader

    data = distribution("botocore").locate_file("botocore/data")
    newer = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    older = loader.load_service_model

    def load(service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if (service_name, type_name) == ("kms", "service-2"):
            with contextlib.suppress(UnknownServiceError):
                return newer.load_service_model(service_name, type_name, api_version)
        return older(service_name, type_name, api_version)

    loader.load_service_model = load
    return loader


@cache
def _speak_like_version_2() -> None:
    """Put version 2's usage text and way to fail in place; before anything else of awscli takes a copy of them."""
    from awscli import argparser

    def fail(self: Any, message: str) -> None:
        raise UsageError(f"{self.format_usage()}\n{self.prog}: error: {message}\n")

    argparser.USAGE = _USAGE
    argparser.CLIArgParser.error = fail
    # The parsers take their name from here.
    sys.argv[0] = "aws"


def _register(hooks: Any) -> None:
    from awscli.paramfile import register_uri_param_handler

    blobs.register(hooks)
    hooks.register("building-top-level-params", _add_taken_options)
    hooks.unregister("session-initialized", register_uri_param_handler)
    hooks.register("session-initialized", _read_local_files_only)
    hooks.register_last("session-initialized", _use_iso_timestamps)


def _add_taken_options(argument_table: Any, **_: Any) -> None:
    from awscli.arguments import CustomArgument

    for name in _TAKEN:
        argument_table[name] = CustomArgument(name, help_text="Has no effect.", action="store_true")


def _read_local_files_only(session: Any, **_: Any) -> None:
    from awscli.paramfile import LOCAL_PREFIX_MAP, URIArgumentHandler

    session.register("load-cli-arg", URIArgumentHandler(dict(LOCAL_PREFIX_MAP)))


def _use_iso_timestamps(session: Any, **_: Any) -> None:
    from awscli.customizations.scalarparse import iso_format
    from botocore.exceptions import ProfileNotFound

    try:
        wanted = session.get_scoped_config().get("cli_timestamp_format", "iso8601")
    except ProfileNotFound:
        wanted = "iso8601"
    if wanted == "iso8601":
        session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=iso_format)


def _report(error: BaseException) -> int:
    """Say on stderr what went wrong, as version 2 does."""
    if isinstance(error, KeyboardInterrupt):
        sys.stdout.write("\n")
        return INTERRUPTED
    code, form = _verdict(error)
    sys.stderr.write(f"\n{form % error}\n")
    return code


def _verdict(error: BaseException) -> tuple[int, str]:
    from awscli.argprocess import ParamError, ParamSyntaxError
    from awscli.arguments import UnknownArgumentError
    from botocore import exceptions

    table: tuple[tuple[tuple[type[BaseException], ...], int, str], ...] = (
        ((UnknownArgumentError,), USAGE_ERROR, _UNKNOWN_OPTION),
        ((UsageError, ParamError, ParamSyntaxError, exceptions.ParamValidationError), USAGE_ERROR, "%s"),
        ((exceptions.NoRegionError,), CONFIGURATION_ERROR, _CONFIGURE_REGION),
        ((exceptions.NoCredentialsError,), CONFIGURATION_ERROR, _CONFIGURE_CREDENTIALS),
        ((exceptions.ClientError,), SERVICE_ERROR, "%s"),
    )
    for kinds, code, form in table:
        if isinstance(error, kinds):
            return code, form
    # Version 1 has no class of its own for what cannot be read in a global option.
    unreadable = isinstance(error, ValueError) and str(error).startswith("Bad value for --")
    return (USAGE_ERROR if unreadable else OTHER_ERROR), "%s"
