"""What a stress test with the libraries sees of the page."""

from __future__ import annotations

from ...stress.env import MeasuringEnv
from ..env import GatewayEnv


class GatewayStressEnv(GatewayEnv, MeasuringEnv):
    """A page that has the libraries, with options from the test and figures for its report."""
