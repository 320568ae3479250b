-- Setting `holidays` becomes a calendar of the organisation's own: the same days off and make-up days.
insert into pack_file (pack, path, body)
  select 'own', 'calendars/organisation.yaml', 'calendar: organisation' || chr(10) || 'label: {zh: 本单位日历, en: Our calendar}' || chr(10) || 'hours:' || chr(10) ||
    '  - {days: [mon, tue, wed, thu, fri], from: "09:00", to: "18:00"}' || chr(10) || 'days:' || chr(10) ||
    string_agg('  - {date: ' || day.key || ', off: ' || day.value || '}', chr(10) order by day.key) || chr(10)
  from setting, json_each_text(setting.value::json) day
  where setting.key = 'holidays' and day.value in ('true', 'false') and day.key ~ '^[12][0-9]{3}-[01][0-9]-[0-3][0-9]$'
  having count(*) > 0;
insert into setting (key, value) select 'calendar', 'organisation' from pack_file where pack = 'own' and path = 'calendars/organisation.yaml';
delete from setting where key = 'holidays';
