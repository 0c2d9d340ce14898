"""Reads a calendar with python3-icalendar, which is not ours: each complaint and each event, tab-separated."""
import sys
from datetime import timezone

import icalendar


def clean(text):
    return str(text if text is not None else '').replace('\t', ' ').replace('\n', '\\n')


def moment(component, name):
    at = component.decoded(name)
    if at.tzinfo is None:
        return ['floating', at.strftime('%Y-%m-%dT%H:%M:%S')]
    return [at.astimezone(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ'), at.strftime('%Y-%m-%dT%H:%M:%S')]


def main(path):
    with open(path, 'rb') as file:
        root = icalendar.Calendar.from_ical(file.read())
    for component in root.walk():
        for name, error in component.errors:
            print('complaint', clean(name), clean(error), sep='\t')
    for event in root.walk('VEVENT'):
        attendee, organizer = event.get('attendee'), event.get('organizer')
        print(
            'event',
            clean(event['uid']),
            *moment(event, 'dtstart'),
            *moment(event, 'dtend'),
            clean(event.get('summary')),
            clean(event.get('location')),
            clean(event.get('status')),
            clean(attendee.params.get('cn') if attendee is not None else ''),
            clean(attendee.params.get('partstat') if attendee is not None else ''),
            clean(organizer.params.get('cn') if organizer is not None else ''),
            sep='\t',
        )


if sys.argv[1] == 'version':
    print(icalendar.__version__)
else:
    main(sys.argv[1])
