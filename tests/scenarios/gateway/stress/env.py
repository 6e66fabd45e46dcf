"""The environment of the stress tests with libraries."""

from __future__ import annotations

from ...stress.env import MeasuringEnv
from ..env import GatewayEnv


class GatewayStressEnv(GatewayEnv, MeasuringEnv):
    """A page that has the libraries, with options from the test and figures for its report."""
