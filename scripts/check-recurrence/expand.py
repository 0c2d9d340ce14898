"""Expands rules by python-dateutil: JSON lines in, JSON lines out, one for each rule."""

import json
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

for line in sys.stdin:
    case = json.loads(line)
    start = datetime.fromisoformat(case["start"])
    until = datetime.fromisoformat(case["until"])
    hour, minute = map(int, case["time"].split(":"))
    zone = ZoneInfo(case["zone"])
    found = []
    for day in rrulestr(case["rule"], dtstart=start):
        if day > until:
            break
        # Of an hour that comes twice the first is taken; one that is skipped moves forward by the gap (PEP 495).
        at = (day + timedelta(hours=hour, minutes=minute)).replace(tzinfo=zone, fold=0)
        found.append([day.date().isoformat(), int(at.astimezone(timezone.utc).timestamp())])
    print(json.dumps(found), flush=True)
