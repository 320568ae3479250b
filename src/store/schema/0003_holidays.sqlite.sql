-- Setting `holidays` becomes a calendar of the organisation's own: the same days off and make-up days.
insert into pack_file (pack, path, body)
  select 'own', 'calendars/organisation.yaml', 'calendar: organisation' || char(10) || 'label: {zh: 本单位日历, en: Our calendar}' || char(10) || 'hours:' || char(10) ||
    '  - {days: [mon, tue, wed, thu, fri], from: "09:00", to: "18:00"}' || char(10) || 'days:' || char(10) ||
    (select group_concat('  - {date: ' || day.key || ', off: ' || day.type || '}', char(10)) from json_each(setting.value) day
      where day.type in ('true', 'false') and day.key glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]') || char(10)
  from setting where key = 'holidays' and json_valid(value) and exists (select 1 from json_each(setting.value) day
    where day.type in ('true', 'false') and day.key glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]');
insert into setting (key, value) select 'calendar', 'organisation' from pack_file where pack = 'own' and path = 'calendars/organisation.yaml';
delete from setting where key = 'holidays';
