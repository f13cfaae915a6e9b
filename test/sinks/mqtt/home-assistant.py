"""Checks discovery messages (JSON, one a line on stdin) by the schemas of Home Assistant itself. Prints what they lack."""

import asyncio
import importlib
import json
import logging
import sys
import tempfile
import types
from importlib.machinery import ModuleSpec
from unittest.mock import MagicMock


class StandIn:
    """In place of the library of its cloud service, which has two dozen of its own, and nothing to do with schemas."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "hass_nabucasa" else None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: MagicMock()
        return module

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, StandIn())

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA, SHARED_OPTIONS

logging.basicConfig(level=logging.WARNING, stream=sys.stdout)


def known_keys(schema) -> set[str]:
    """The options that a platform knows; its own schema silently drops others."""
    if isinstance(schema, vol.All):
        return set().union(*(known_keys(part) for part in schema.validators))
    return {str(key) for key in schema.schema} if isinstance(schema, vol.Schema) else set()


def check(message: dict) -> None:
    DEVICE_DISCOVERY_SCHEMA(message)
    shared = {key: message[key] for key in SHARED_OPTIONS if key in message}
    common = {"device": message["device"], "origin": message["origin"]}
    for name, component in message["components"].items():
        platform = importlib.import_module(f"homeassistant.components.mqtt.{component['platform']}")
        own = {key: value for key, value in component.items() if key != "platform"}
        unknown = set(own) - known_keys(platform.DISCOVERY_SCHEMA) - known_keys(platform.PLATFORM_SCHEMA_MODERN)
        if unknown:
            print(f"{name}: unknown {sorted(unknown)}")
        # A component that says where its availability is takes nothing of it from the device.
        inherited = {} if "availability" in own else shared
        platform.DISCOVERY_SCHEMA({**common, **inherited, **own})
        print(f"{name}: checked")


async def main() -> None:
    # Templates are read by an instance of it.
    frame.async_setup(HomeAssistant(tempfile.gettempdir()))
    for line in sys.stdin:
        try:
            check(json.loads(line))
        except vol.Invalid as error:
            print(f"refused: {error}")


asyncio.run(main())
