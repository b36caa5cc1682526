"""Prints the public names of Apache Libcloud's compute API as JSON.

The result has one object per class or function:
{"name": "Node", "bases": ["Node", "UuidMixin"], "parameters": null,
"members": {"reboot": [...], "id": null}}. `parameters` is null unless the name
is a function; the parameters of constructors are among the members. `members`
has a list of parameters for each method, and null for each attribute.
"""

import ast
import importlib
import inspect
import json
import textwrap
import types
import warnings

# Libcloud warns about urllib3 2.
warnings.simplefilter("ignore")

MODULES = (
    "libcloud.compute.base",
    "libcloud.compute.types",
    "libcloud.compute.providers",
    "libcloud.compute.deployment",
    "libcloud.compute.ssh",
    "libcloud.common.base",
    "libcloud.common.types",
    "libcloud.common.exceptions",
    "libcloud.pricing",
)

# They serve type checkers and old versions of Python.
INTERNAL = ("TYPE_CHECKING", "PY3")


def is_public(name):
    return not name.startswith("_") and name not in INTERNAL


def parameters_of(function):
    """Names of the parameters, without `self` and without catch-alls."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("self", "cls") and parameter.kind not in kinds
    ]


def attributes_of(cls):
    """Parameters of the constructor, and what it assigns: `self.id = id`."""
    if "__init__" not in vars(cls):
        return []
    source = textwrap.dedent(inspect.getsource(cls.__init__))
    assigned = [
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and getattr(node.value, "id", "") == "self"
    ]
    return assigned + parameters_of(cls.__init__)


def members_of(cls):
    members = {name: None for name in attributes_of(cls) if is_public(name)}
    for name, value in vars(cls).items():
        if is_public(name):
            # Undoes classmethod().
            value = getattr(value, "__func__", value)
            is_method = isinstance(value, types.FunctionType)
            members[name] = parameters_of(value) if is_method else None
    return members


def describe(name, value):
    is_class = inspect.isclass(value)
    is_function = isinstance(value, types.FunctionType)
    return {
        "name": name,
        # The first one is the class itself, which may have an alias.
        "bases": [base.__name__ for base in value.__mro__] if is_class else [],
        "parameters": parameters_of(value) if is_function else None,
        "members": members_of(value) if is_class else {},
    }


def names_of(module):
    for name, value in vars(module).items():
        owner = getattr(value, "__module__", module.__name__)
        is_own = owner == module.__name__ or name in getattr(module, "__all__", ())
        if is_public(name) and is_own and not inspect.ismodule(value):
            yield describe(name, value)


print(
    json.dumps(
        [
            described
            for module in MODULES
            for described in names_of(importlib.import_module(module))
        ]
    )
)
