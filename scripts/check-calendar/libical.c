/*
 * Reads calendars with libical, which is not ours.
 *
 *   libical read FILE          each complaint and each event of a file, tab-separated
 *   libical take USER FILE...  what libical makes of messages that reach a calendar one after the other
 *                              (icalclassify, RFC 5546), and what the calendar holds after each
 */
#include <libical/ical.h>
#include <libical/icalss.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *slurp(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); exit(2); }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = malloc(size + 1);
    if (fread(text, 1, size, file) != (size_t)size) exit(2);
    text[size] = 0;
    fclose(file);
    return text;
}

static void put(const char *text)
{
    putchar('\t');
    for (; text && *text; text++) {
        if (*text == '\n') fputs("\\n", stdout);
        else putchar(*text);
    }
}

static void put_time(icalcomponent *event, icalproperty_kind kind)
{
    icalproperty *property = icalcomponent_get_first_property(event, kind);
    char text[64] = "";
    if (property) {
        struct icaltimetype at = icalproperty_get_datetime_with_component(property, event);
        if (at.zone == NULL) strcpy(text, "floating");
        else {
            struct icaltimetype utc = icaltime_convert_to_zone(at, icaltimezone_get_utc_timezone());
            snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ\t%04d-%02d-%02dT%02d:%02d:%02d",
                utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second,
                at.year, at.month, at.day, at.hour, at.minute, at.second);
        }
    }
    printf("\t%s", text);
}

static const char *parameter(icalproperty *property, icalparameter_kind kind)
{
    icalparameter *found = property ? icalproperty_get_first_parameter(property, kind) : NULL;
    if (!found) return "";
    return kind == ICAL_CN_PARAMETER ? icalparameter_get_cn(found)
                                     : icalparameter_enum_to_string(icalparameter_get_partstat(found));
}

static void read_file(const char *path)
{
    icalcomponent *root = icalparser_parse_string(slurp(path));
    if (!root) { printf("complaint\tdoes not parse\n"); return; }
    icalrestriction_check(root);
    /* Both the parser and the restrictions of RFC 5546 leave what they do not like in the component itself. */
    char *whole = icalcomponent_as_ical_string_r(root);
    for (char *at = whole; (at = strstr(at, "X-LIC-ERROR")); at++) {
        char *value = strchr(at, ':') + 1;
        printf("complaint\t%.*s\n", (int)strcspn(value, "\r\n"), value);
    }
    for (icalcomponent *event = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT); event;
         event = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)) {
        icalproperty *attendee = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY);
        icalproperty *organizer = icalcomponent_get_first_property(event, ICAL_ORGANIZER_PROPERTY);
        icalproperty *status = icalcomponent_get_first_property(event, ICAL_STATUS_PROPERTY);
        printf("event");
        put(icalcomponent_get_uid(event));
        put_time(event, ICAL_DTSTART_PROPERTY);
        put_time(event, ICAL_DTEND_PROPERTY);
        put(icalcomponent_get_summary(event));
        put(icalcomponent_get_location(event));
        put(status ? icalproperty_enum_to_string(icalproperty_get_status(status)) : "");
        put(parameter(attendee, ICAL_CN_PARAMETER));
        put(parameter(attendee, ICAL_PARTSTAT_PARAMETER));
        put(parameter(organizer, ICAL_CN_PARAMETER));
        printf("\n");
    }
}

static icalcomponent *find(icalcomponent *store, const char *uid)
{
    for (icalcomponent *one = icalcomponent_get_first_component(store, ICAL_ANY_COMPONENT); one;
         one = icalcomponent_get_next_component(store, ICAL_ANY_COMPONENT))
        if (strcmp(icalcomponent_get_uid(icalcomponent_get_first_real_component(one)), uid) == 0) return one;
    return NULL;
}

static void take(const char *user, int count, char **paths)
{
    icalcomponent *store = icalcomponent_new(ICAL_XROOT_COMPONENT);
    for (int i = 0; i < count; i++) {
        icalcomponent *message = icalparser_parse_string(slurp(paths[i]));
        icalcomponent *held = find(store, icalcomponent_get_uid(icalcomponent_get_first_real_component(message)));
        icalproperty_xlicclass what = icalclassify(message, held, user);
        switch (what) {
        case ICAL_XLICCLASS_REQUESTNEW:
        case ICAL_XLICCLASS_PUBLISHNEW:
        case ICAL_XLICCLASS_REQUESTUPDATE:
        case ICAL_XLICCLASS_REQUESTRESCHEDULE:
        case ICAL_XLICCLASS_PUBLISHUPDATE:
            if (held) icalcomponent_remove_component(store, held);
            icalcomponent_add_component(store, message);
            break;
        case ICAL_XLICCLASS_CANCELEVENT:
        case ICAL_XLICCLASS_CANCELALL:
            if (held) icalcomponent_remove_component(store, held);
            break;
        default:
            break; /* obsolete, out of sequence, malformed: it changes nothing */
        }
        icalcomponent *first = icalcomponent_get_first_component(store, ICAL_ANY_COMPONENT);
        icalcomponent *event = first ? icalcomponent_get_first_real_component(first) : NULL;
        printf("taken\t%s\t%d", icalproperty_enum_to_string(what),
            icalcomponent_count_components(store, ICAL_ANY_COMPONENT));
        if (event) put_time(event, ICAL_DTSTART_PROPERTY);
        else printf("\t\t");
        put(event ? icalcomponent_get_location(event) : "");
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "read") == 0) read_file(argv[2]);
    else if (argc > 3 && strcmp(argv[1], "take") == 0) take(argv[2], argc - 3, argv + 3);
    else if (argc == 2 && strcmp(argv[1], "version") == 0) puts(ICAL_VERSION);
    else return 2;
    return 0;
}
