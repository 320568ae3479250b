/* commands.c: the table of sub-commands. */
#include "http/http.h"
#include "main/command.h"
#include "main/version.h"

int command_routes(struct job *job, struct words *w)
{
	bool json = words_flag(w, "--json");
	bool markdown = words_flag(w, "--markdown");
	char *text;

	if (!words_end(job, w, 0, 0))
		return 2;
	text = http_routes_text(json ? ROUTES_JSON : (markdown ? ROUTES_MARKDOWN : ROUTES_LINES));
	job_say(job, "%s", text);
	free(text);
	return 0;
}

int command_version(struct job *job, struct words *w)
{
	if (!words_end(job, w, 0, 0))
		return 2;
	job_say(job, "shouwen %s\n", SHOUWEN_VERSION);
	return 0;
}

const struct command commands[] = {
        {"serve",
         {"运行服务器", "Run the server"},
         {"shouwen serve [--data 目录] [--listen 地址:端口] [--demo] [--store postgresql://…]\n"
          "  [--workers N] [--queue N] [--idle-timeout 秒] [--proxy-header 名称] [--tls] [--packs-dir 目录] [--bench]\n"
          "  [--test-clock]\n\n"
          "  --listen        默认 127.0.0.1:8080；IPv6 写 [::1]:8080；端口 0 取一个空闲的\n"
          "  --demo          建单位 demo（演示公司）和演示账号；只能在本机回环地址上\n"
          "  --workers       处理请求的线程数（72）\n"
          "  --queue         可以排队等线程的请求数（1024）；再多的答 503 和 Retry-After\n"
          "  --idle-timeout  不说话的连接多少秒后关闭（60）\n"
          "  --proxy-header  在代理后面时，代理把客户端地址写在哪个头里，如 X-Real-IP\n"
          "  --tls           前面的代理说 TLS：Cookie 带 Secure，Origin 须是 https\n"
          "  --bench         应答 /api/v1/bench/fixed，测速用\n"
          "  --test-clock    时间取自请求头 X-Test-Now；生产环境绝不要用\n\n"
          "开始监听时打印地址。收到 SIGTERM 或 SIGINT：把已开始的答完，5 秒内以 0 结束。\n",
          "shouwen serve [--data DIR] [--listen ADDRESS:PORT] [--demo] [--store postgresql://…]\n"
          "  [--workers N] [--queue N] [--idle-timeout S] [--proxy-header NAME] [--tls] [--packs-dir DIR] [--bench]\n"
          "  [--test-clock]\n\n"
          "  --listen        127.0.0.1:8080 by default; [::1]:8080 for IPv6; port 0 takes a free one\n"
          "  --demo          makes the organisation demo (演示公司) with demo accounts; loopback only\n"
          "  --workers       threads that answer requests (72)\n"
          "  --queue         requests that may wait for a thread (1024); more are told 503 and Retry-After\n"
          "  --idle-timeout  seconds after which a connection that says nothing is closed (60)\n"
          "  --proxy-header  behind a proxy: the header it puts the client's address in, such as X-Real-IP\n"
          "  --tls           behind a proxy that speaks TLS: cookies are Secure, Origin must be https\n"
          "  --bench         answers /api/v1/bench/fixed, to measure by\n"
          "  --test-clock    takes the time from the header X-Test-Now; never in production\n\n"
          "Prints the address when it listens. SIGTERM or SIGINT: answers what is begun and ends within 5 s with 0.\n"},
         COMMAND_SERVE,
         command_serve},
        {"org",
         {"单位：新建、列出、删除", "Organisations: add, list, drop"},
         {"shouwen org add 代码 名称 [--packs core,service_desk] [--zone Asia/Shanghai] [--admin 登录名] [--demo]\n"
          "  新建一个有自己数据库的单位、行业包里的各个角色和第一位管理员；打印他的密码，首次登录须改。\n"
          "  --demo：改为行业包演示用的人员和记录，其密码只在以 --demo 启动的服务器上有效。\n"
          "shouwen org list\n"
          "  每个单位一行：代码、制表符、名称。\n"
          "shouwen org drop 代码 --yes\n"
          "  连同全部记录一起删除，不能恢复。\n",
          "shouwen org add CODE NAME [--packs core,service_desk] [--zone Asia/Shanghai] [--admin LOGIN] [--demo]\n"
          "  Makes an organisation with its own database, a role for each role of its packs, and a first\n"
          "  administrator; prints his password, which must be changed. --demo: instead the people and records of\n"
          "  the packs' demo, whose password opens nothing but a server started with --demo.\n"
          "shouwen org list\n"
          "  Prints a line for each: code, tab, name.\n"
          "shouwen org drop CODE --yes\n"
          "  Removes it with all its records, for good.\n"},
         0,
         command_org},
        {"user",
         {"单位的用户：新建、改密码、列出", "Users of an organisation: add, password, list"},
         {"shouwen user add 单位 登录名 姓名 [--roles agent,lead] [--teams 代码,代码]\n"
          "shouwen user password 单位 登录名\n"
          "  两者都从标准输入的第一行取密码；没有就自动生成并打印，首次登录须改。\n"
          "shouwen user list 单位\n"
          "  每人一行：登录名、制表符、姓名。\n",
          "shouwen user add ORG LOGIN NAME [--roles agent,lead] [--teams CODE,CODE]\n"
          "shouwen user password ORG LOGIN\n"
          "  Both take the password from the first line of standard input; without one they make it,\n"
          "  print it, and it must be changed at the first sign-in.\n"
          "shouwen user list ORG\n"
          "  Prints a line for each: login, tab, name.\n"},
         COMMAND_INPUT,
         command_user},
        {"import",
         {"把文件里的行变成记录", "Rows of a file become records"},
         {"shouwen import --org 代码 [--type 类型] --map 对照.yaml 文件 [--dry-run]\n"
          "  CSV（UTF-8 或 GB18030）或 JSON Lines；对照表怎么写见 docs/IMPORT.md。不给 --map 时第一行是导入模板的\n"
          "  标题。打印各行的结果；有错的行列出来并略过（退出码 1）。同一文件再导一次不会改变任何东西。\n",
          "shouwen import --org CODE [--type TYPE] --map MAP.yaml FILE [--dry-run]\n"
          "  CSV (UTF-8 or GB18030) or JSON Lines; docs/IMPORT.md tells what a map says. Without --map the first\n"
          "  row holds the headings of the template. Prints what became of the rows; rows that are wrong are listed\n"
          "  and left out (exit 1). A second run of the same file changes nothing.\n"},
         0,
         command_import},
        {"export",
         {"把列表写成文件", "A list as a file"},
         {"shouwen export --org 代码 --type 类型 [--where 条件] [--columns a,b] [--sort -due] [--format csv|xlsx] "
          "文件\n"
          "  写出条件找到的全部记录，编号换成名称，并留痕；不给 --columns 时取该类型第一个视图的列。打印行数。\n",
          "shouwen export --org CODE --type TYPE [--where FILTER] [--columns a,b] [--sort -due] [--format csv|xlsx] "
          "FILE\n"
          "  Writes all records that the filter finds, with names for ids, and logs it; without --columns\n"
          "  those of the type's first view. Prints how many rows there are.\n"},
         0,
         command_export},
        {"check-pack",
         {"行业包哪里有错，并跑它们的场景测试", "What is wrong with packs, and their scenario tests"},
         {"shouwen check-pack [--store postgresql://…] [--part K/N] 目录…\n"
          "  它依赖的包放在同一文件夹里。按 包/文件:行:列: 说明 列出问题，再跑 scenarios/*.yaml 并演一遍演示数据，\n"
          "  各用一个新单位（在 SQLite 上，或 --store 指定的库）。同一文件夹的几个包还会合在一起装载、演示。\n"
          "  --part 2/4：每四个场景只跑第二个，便于几份同时跑。有错时退出码 1。\n",
          "shouwen check-pack [--store postgresql://…] [--part K/N] DIR…\n"
          "  Packs it needs lie beside DIR. Lists findings as PACK/FILE:LINE:COLUMN: words, then runs "
          "scenarios/*.yaml\n"
          "  and tells the demo, each against a fresh organisation (on SQLite, or the store named). Several packs of "
          "one\n"
          "  folder are loaded and told together as well. --part 2/4: of the scenarios only the second of each four,\n"
          "  so that several run side by side. Exit 1 if anything is wrong.\n"},
         COMMAND_ALONE,
         command_check_pack},
        {"verify",
         {"证明没有内容被改动或删去", "Prove that nothing was altered or removed"},
         {"shouwen verify [--org 代码]\n"
          "  重算每条链和封印。打印问题；有问题时退出码 1。\n",
          "shouwen verify [--org CODE]\n"
          "  Recomputes every chain and seal. Prints the faults; exit 1 if there are any.\n"},
         0,
         command_verify},
        {"rebuild",
         {"重算推导出来的行", "Compute derived rows anew"},
         {"shouwen rebuild [--org 代码]\n"
          "  由记录重建事项索引、搜索和查找行。打印有多少处不同：数据完好时是 0。\n",
          "shouwen rebuild [--org CODE]\n"
          "  Work index, search and lookup rows from the records. Prints how many differed: 0 on healthy data.\n"},
         0,
         command_rebuild},
        {"backup",
         {"备份一个单位的数据库", "Copy an organisation's database"},
         {"shouwen backup --org 代码 文件\n  服务运行中也能得到一致的副本。文件须尚不存在。\n",
          "shouwen backup --org CODE FILE\n  A consistent copy while it is served. FILE must not be there yet.\n"},
         0,
         command_backup},
        {"restore",
         {"由备份恢复出一个单位", "Make an organisation from a copy"},
         {"shouwen restore --org 代码 文件\n  代码须尚不存在；要替换，先把原来的删除。\n",
          "shouwen restore --org CODE FILE\n  CODE must not be there; drop it first to replace it.\n"},
         0,
         command_restore},
        {"migrate",
         {"把单位升级到本版本", "Bring organisations to this version"},
         {"shouwen migrate [--org 代码] [--packs [--allow-drop]] [--add 包,包] [--dry-run]\n"
          "  先备份，再执行缺少的结构步骤；--packs 让随带的行业包生效并说明对各表做了什么；--add 再加别的包。\n"
          "  会删去有内容的列时须加 --allow-drop，先做备份并打印位置。包里的起步资料，从未有过的会建起来。\n",
          "shouwen migrate [--org CODE] [--packs [--allow-drop]] [--add PACK,PACK] [--dry-run]\n"
          "  Runs the schema steps that are missing, after a copy; with --packs puts the shipped packs in force and\n"
          "  tells what that does to the tables; --add does so with more packs. What would drop columns with content\n"
          "  needs --allow-drop, and a copy is made first, whose place is printed. Records that the packs bring to\n"
          "  begin with are made, those that were never there.\n"},
         0,
         command_migrate},
        {"draw-form",
         {"绘制打印表单（服务器使用）", "Draw a printed form (used by the server)"},
         {"shouwen draw-form 文件.pdf < 内容.json\n  内容由服务器给出。\n",
          "shouwen draw-form FILE.pdf < CONTENT.json\n  Content as the server gives it.\n"},
         COMMAND_ALONE,
         command_draw_form},
        {"routes",
         {"打印接口的全部路由", "Print the API's routes"},
         {"shouwen routes [--json|--markdown]\n  每条一行：方法、路径、所需权限、分组、用途。\n",
          "shouwen routes [--json|--markdown]\n  A line for each: method, path, the right it needs, group, what it "
          "does.\n"},
         COMMAND_ALONE,
         command_routes},
        {"version",
         {"打印版本", "Print the version"},
         {"shouwen version\n  一行：shouwen 和版本号。\n", "shouwen version\n  One line: shouwen and the version.\n"},
         COMMAND_ALONE,
         command_version},
};

const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
