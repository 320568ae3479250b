/* Lists as files: what this user may see, as Excel must read it; the right to export, and its event; and the way
 * back: what was exported is imported again. */
#include "office.h"

static int64_t customer(struct office *o, const char *name, const char *mobile)
{
	return office_made(
	        o, "customer",
	        arena_printf(
	                o->house.arena,
	                "{\"name\":\"%s\",\"mobile\":\"%s\",\"kind\":\"person\",\"age\":45,\"birthday\":\"1980-05-06\","
	                "\"is_vip\":true,"
	                "\"segments\":[\"member\",\"key_account\"],\"income\":\"high\",\"remark\":\"第一行\\n第二行\","
	                "\"phones\":[{\"number\":\"02888886666\",\"kind\":\"work\",\"holder\":\"秘书\"}]}",
	                name, mobile));
}

static int64_t ticket(struct office *o, int64_t for_customer, int64_t owner, const char *title)
{
	int64_t id;
	OK(&o->house, house_create(&o->house, owner, "ticket",
	                           arena_printf(o->house.arena,
	                                        "{\"title\":\"%s\",\"description\":\"内容\",\"customer\":\"%lld\","
	                                        "\"contact_phone\":\"13900001234\",\"due\":\"2026-11-24T02:00:00Z\"}",
	                                        title, (long long)for_customer),
	                           &id));
	return id;
}

static void csv_is(struct office *o, int64_t user, const char *type, const char *columns, const char *want)
{
	int64_t rows;
	OK(&o->house, office_export(o, user, type, NULL, columns, EXPORT_CSV, &rows));
	const char *text = office_read(o, o->path, NULL);
	assert_memory_equal(text, csv_bom, 3);
	assert_string_equal(text + 3, want);
}

static void test_csv(void **state)
{
	OFFICE;
	customer(o, "=1+1", "13812340021");
	csv_is(o, o->manager, "customer", "code,name,kind,age,birthday,is_vip,segments,remark",
	       "客户编号,姓名/名称,类型,年龄,生日,VIP 客户,客户分类,备注\r\n"
	       "KH000001,\"'=1+1\",个人,45,1980-05-06,是,会员、大客户,\"第一行\n第二行\"\r\n");
	h->ctx.lang = LANG_EN;
	csv_is(o, o->manager, "customer", "kind,is_vip,segments",
	       "Kind,VIP,Segments\r\nPerson,Yes,\"Member, Key account\"\r\n");
	h->ctx.lang = LANG_ZH;
}

/* The same list for two people: masked but for whose work it is; hidden columns are refused. */
static void test_sight(void **state)
{
	OFFICE;
	int64_t c = customer(o, "张三", "13812340021");
	csv_is(o, o->lead, "customer", "name,mobile,phones",
	       "姓名/名称,手机,其他电话\r\n张三,138****0021,号码 028****6666；类别 单位；机主 秘*；有效 是\r\n");
	ticket(o, c, o->lead, "漏水");
	csv_is(o, o->lead, "customer", "name,mobile", "姓名/名称,手机\r\n张三,13812340021\r\n");
	csv_is(o, o->manager, "customer", "name,mobile,income",
	       "姓名/名称,手机,收入情况\r\n张三,138****0021,15万-50万\r\n");
	assert_int_equal(office_export(o, o->lead, "customer", NULL, "name,income", EXPORT_CSV, NULL), ERR_INVALID);
	assert_true(house_has_problem(h, "columns", "hidden"));
	assert_int_equal(office_export(o, o->lead, "customer", NULL, "name,nothing", EXPORT_CSV, NULL), ERR_INVALID);
}

static void test_links_and_times(void **state)
{
	OFFICE;
	int64_t c = customer(o, "张三", "13812340021");
	ticket(o, c, o->agent, "漏水");
	csv_is(o, o->lead, "ticket",
	       "number,title,customer,customer.name,customer.mobile,owner,state,due,opened_at,overdue",
	       "编号,标题,客户,客户·姓名/名称,客户·手机,责任人,状态,期限,受理时间,逾期\r\n"
	       "GD20261123-0001,漏水,张三,张三,138****0021,李婷,待受理,2026-11-24 10:00,2026-11-23 10:00,否\r\n");
}

/* Pages follow each other without a gap, in the order asked for, and only what the filter lets through. */
static void test_pages(void **state)
{
	OFFICE;
	int64_t rows, c = customer(o, "张三", "13812340021");
	for (int i = 0; i < 450; i++)
		ticket(o, c, i % 3 ? o->lead : o->agent, arena_printf(h->arena, "第%03d件", i));
	OK(h, office_export(o, o->lead, "ticket", NULL, "title", EXPORT_CSV, &rows));
	assert_int_equal(rows, 450);
	const char *text = office_read(o, o->path, NULL);
	for (int i = 0; i < 450; i++)
		assert_non_null(strstr(text, arena_printf(h->arena, "第%03d件\r\n", i)));
	OK(h, office_export(o, o->lead, "ticket", "owner = @me", "title", EXPORT_CSV, &rows));
	assert_int_equal(rows, 300);
}

static void test_right_and_event(void **state)
{
	OFFICE;
	customer(o, "张三", "13812340021");
	assert_int_equal(office_export(o, o->agent, "customer", NULL, "name", EXPORT_CSV, NULL), ERR_FORBIDDEN);
	assert_int_equal(access(o->path, F_OK), -1); /* nothing is left */
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'exported'"), 0);
	OK(h, office_export(o, o->lead, "customer", "name = '张三'", "name,mobile", EXPORT_XLSX, NULL));
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'exported' and type = 'customer'"), 1);
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'exported' and body like "
	                                "'%\"rows\":1%' and body like '%mobile%'"),
	                 1);
}

/* ---- worksheets ---------------------------------------------------------------------------------------- */

static const char *part_of(struct office *o, const char *part)
{
	const char *argv[] = {"unzip", "-p", o->path, part, NULL};
	return office_command(o, argv, 0);
}

static void test_sheet(void **state)
{
	OFFICE;
	customer(o, "=1+1", "13812340021");
	OK(h, house_change(h, 0, "customer", house_last(h, "customer"), 1, "{\"code\":\"0012\"}"));
	ticket(o, house_last(h, "customer"), o->lead, "让手机可见");
	OK(h,
	   office_export(o, o->lead, "customer", NULL, "code,name,mobile,age,birthday,updated_at", EXPORT_XLSX, NULL));
	const char *xml = part_of(o, "xl/worksheets/sheet1.xml");
	/* Telephone numbers, codes and formulas are texts; a number is a number; dates are numbers with a style. */
	assert_non_null(strstr(xml, "<c r=\"A2\" t=\"inlineStr\"><is><t>0012</t></is></c>"));
	assert_non_null(strstr(xml, "<c r=\"B2\" t=\"inlineStr\"><is><t>=1+1</t></is></c>"));
	assert_non_null(strstr(xml, "<c r=\"C2\" t=\"inlineStr\"><is><t>13812340021</t></is></c>"));
	assert_non_null(strstr(xml, "<c r=\"D2\"><v>45</v></c>"));
	assert_non_null(strstr(xml, "<v>29347</v>")); /* 1980-05-06 */
	assert_null(strstr(xml, "<f>"));
	assert_non_null(strstr(xml, "<autoFilter ref=\"A1:F2\"/>"));
	assert_non_null(strstr(part_of(o, "xl/styles.xml"), "yyyy-mm-dd hh:mm"));
}

/* The template, filled in by Excel (here: by our own export), is read again: text stays text. */
static void test_round(void **state)
{
	OFFICE;
	customer(o, "=1+1", "13812340021");
	ticket(o, house_last(h, "customer"), o->manager, "让手机可见");
	OK(h, office_export(o, o->manager, "customer", NULL,
	                    "code,name,kind,mobile,age,birthday,is_vip,segments,remark", EXPORT_XLSX, NULL));
	OK(h, office_import_file(o, o->lead, "customer", o->path));
	assert_string_equal(office_errors(o), "");
	assert_int_equal(o->report.rows, 1);
	assert_int_equal(o->report.same, 1); /* nothing differs from what is there */
	OK(h, house_remove(h, 0, "ticket", house_last(h, "ticket")));
	OK(h, house_remove(h, 0, "customer", house_last(h, "customer")));
	OK(h, office_import_file(o, o->lead, "customer", o->path));
	assert_string_equal(office_errors(o), "");
	assert_int_equal(o->report.made, 1);
	int64_t id = house_last(h, "customer");
	assert_string_equal(house_text(h, "customer", id, "name"), "=1+1");
	assert_string_equal(house_text(h, "customer", id, "mobile"), "13812340021");
	assert_string_equal(house_text(h, "customer", id, "birthday"), "1980-05-06");
	assert_string_equal(house_text(h, "customer", id, "remark"), "第一行\n第二行");
	assert_int_equal(house_int(h, "customer", id, "age"), 45);
}

static enum err template_fn(struct ctx *ctx, void *arg)
{
	struct office *o = arg;
	return import_template_sheet(ctx, model_type(o->house.model, "customer"), o->path);
}

static void test_template(void **state)
{
	OFFICE;
	struct buf csv;
	office_as(o, o->lead);
	buf_init(&csv, h->arena, 1 << 16);
	OK(h, import_template(&h->ctx, model_type(h->model, "customer"), &csv));
	assert_memory_equal(csv.data, "\xEF\xBB\xBF客户编号,姓名/名称*,", 30);
	assert_null(strstr(csv.data, "收入情况")); /* hidden from him */
	assert_null(strstr(csv.data, "专管人"));   /* a link */
	assert_null(strstr(csv.data, "我在办"));   /* computed */
	OK(h, store_read(&h->ctx, template_fn, o));
	const char *xml = part_of(o, "xl/worksheets/sheet1.xml");
	assert_non_null(strstr(xml, "<t>姓名/名称*</t>"));
	assert_null(strstr(xml, "收入情况"));
	assert_non_null(strstr(part_of(o, "xl/styles.xml"), "formatCode=\"@\"")); /* cells stay text */
	OK(h, office_import_file(o, o->lead, "customer", o->path));
	assert_int_equal(o->report.rows, 0);
}

/* ---- worksheets of others ------------------------------------------------------------------------------- */

static void sheet_make(struct office *o, const char *script)
{
	const char *argv[] = {"python3", "-c", script, o->path, NULL};
	office_command(o, argv, 0);
}

#define BOOK                                                                                             \
	"import zipfile,sys\n"                                                                           \
	"z=zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED)\n"                                      \
	"z.writestr('xl/workbook.xml','<workbook xmlns:r=\"r\"><sheets><sheet name=\"x\" sheetId=\"7\" " \
	"r:id=\"rId3\"/>"                                                                                \
	"<sheet name=\"y\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>')\n"                        \
	"z.writestr('xl/_rels/workbook.xml.rels','<Relationships><Relationship Id=\"rId1\" "             \
	"Target=\"worksheets/no.xml\"/>"                                                                 \
	"<Relationship Id=\"rId3\" Target=\"/xl/worksheets/first.xml\"/></Relationships>')\n"

/* As Excel writes it: shared texts, rich and with readings, dates by style, gaps between cells and rows. */
static void test_excel(void **state)
{
	OFFICE;
	sheet_make(o,
	           BOOK "z.writestr('xl/styles.xml','<styleSheet><numFmts><numFmt numFmtId=\"164\" "
	                "formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/>"
	                "<numFmt numFmtId=\"165\" formatCode=\"[Red]0.0&quot;days&quot;\"/></numFmts><cellStyleXfs><xf "
	                "numFmtId=\"14\"/></cellStyleXfs>"
	                "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf "
	                "numFmtId=\"165\"/></cellXfs></styleSheet>')\n"
	                "z.writestr('xl/sharedStrings.xml','<sst><si><t>姓名/名称</t></si><si><t>手机</t></"
	                "si><si><t>生日</t></si><si><t>年龄</t></si>"
	                "<si><r><t>张</t></r><r><t>三</t></r><rPh sb=\"0\" eb=\"1\"><t>zhang</t></rPh></si></sst>')\n"
	                "z.writestr('xl/worksheets/first.xml','<worksheet><sheetData><row r=\"1\"><c r=\"A1\" "
	                "t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c>"
	                "<c r=\"C1\" t=\"s\"><v>2</v></c><c r=\"D1\" t=\"s\"><v>3</v></c></row><row r=\"2\"/>"
	                "<row r=\"5\"><c r=\"A5\" t=\"s\"><v>4</v></c><c r=\"B5\"><v>13812340021</v></c><c r=\"C5\" "
	                "s=\"1\"><v>29347</v></c><c r=\"D5\" s=\"3\"><v>45</v></c><c r=\"F5\" s=\"1\"/></row>"
	                "<row r=\"6\"><c r=\"A6\" t=\"inlineStr\"><is><t>李四</t></is></c><c r=\"C6\" "
	                "s=\"2\"><v>29347.0</v></c></row>"
	                "<row><c t=\"str\"><v>王五</v></c><c><v>1.3800001111E10</v></c></row>"
	                "<row r=\"9\"><c r=\"A9\" t=\"s\"><v>4</v></c><c "
	                "r=\"Z9\"><v>1</v></c></row></sheetData></worksheet>')\n"
	                "z.close()\n");
	OK(h, office_import_file(o, o->lead, "customer", o->path));
	assert_string_equal(office_errors(o), "9  too_many_columns");
	assert_int_equal(o->report.made, 3);
	int64_t id = house_count(h, "select min(id) from customer");
	assert_string_equal(house_text(h, "customer", id, "name"), "张三");
	assert_string_equal(house_text(h, "customer", id, "mobile"), "13812340021");
	assert_string_equal(house_text(h, "customer", id, "birthday"), "1980-05-06");
	assert_int_equal(house_int(h, "customer", id, "age"), 45);
	assert_int_equal(
	        house_count(h, "select count(*) from customer where name = '李四' and birthday = '1980-05-06'"), 1);
	assert_int_equal(house_count(h, "select count(*) from customer where name = '王五' and mobile = '13800001111'"),
	                 1);
}

static void sheet_refused(struct office *o, const char *script, const char *code)
{
	struct house *h = &o->house;
	sheet_make(o, script);
	assert_int_equal(office_import_file(o, o->lead, "customer", o->path), ERR_INVALID);
	if (!house_has_problem(h, "", code))
		fail_msg("not %s: %s", code, house_problem(h));
}

static void test_bad_sheets(void **state)
{
	OFFICE;
	sheet_refused(o, "import sys\nopen(sys.argv[1],'wb').write(b'PK\\x03\\x04 and nothing more')", "bad_sheet");
	sheet_refused(o, "import sys\nopen(sys.argv[1],'wb').write(b'\\xd0\\xcf\\x11\\xe0\\xa1\\xb1\\x1a\\xe1 old')",
	              "old_sheet");
	sheet_refused(o, "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w')\nz.writestr('a.txt','b')\nz.close()",
	              "bad_sheet");
	sheet_refused(o, BOOK "z.close()\n", "bad_sheet");
	/* Document types, and with them entities that grow, are refused. */
	sheet_refused(o,
	              BOOK "z.writestr('xl/worksheets/first.xml','<!DOCTYPE w [<!ENTITY a "
	                   "\"aaaa\">]><worksheet>&a;</worksheet>')\nz.close()\n",
	              "broken_sheet");
	/* A heap of shared texts: a zip of 300 KB that unpacks to 300 MB. */
	sheet_refused(o,
	              BOOK
	              "z.writestr('xl/sharedStrings.xml','<sst>'+('<si><t>'+'x'*1000+'</t></si>')*300000+'</sst>')\n"
	              "z.writestr('xl/worksheets/first.xml','<worksheet/>')\nz.close()\n",
	              "too_large");
	/* One tag of 100 MB. */
	sheet_refused(o,
	              BOOK "z.writestr('xl/worksheets/first.xml','<worksheet a=\"'+'x'*100000000+'\"/>')\nz.close()\n",
	              "broken_sheet");
}

/* A worksheet that breaks off after some rows: those are in, and the rest is told. */
static void test_broken_sheet(void **state)
{
	OFFICE;
	sheet_make(
	        o, BOOK
	        "z.writestr('xl/worksheets/first.xml','<worksheet><row r=\"1\"><c t=\"str\"><v>姓名/名称</v></c></row>"
	        "<row r=\"2\"><c t=\"str\"><v>张三</v></c></row><row r=\"3\"><c></row></worksheet>')\nz.close()\n");
	OK(h, office_import_file(o, o->lead, "customer", o->path));
	assert_string_equal(office_errors(o), "4  broken_sheet");
	assert_int_equal(o->report.made, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)
	const struct CMUnitTest tests[] = {
	        T(test_csv),          T(test_sight), T(test_links_and_times), T(test_pages), T(test_right_and_event),
	        T(test_sheet),        T(test_round), T(test_template),        T(test_excel), T(test_bad_sheets),
	        T(test_broken_sheet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
