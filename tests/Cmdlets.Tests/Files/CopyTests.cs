using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Files;

[Collection("hosted shell")]
public sealed class CopyTests(ContainerHostFixture host) : FilesTest(host)
{
    /// <summary>docker cp's table: what is copied, where to, what comes of it.</summary>
    private static readonly (string Source, string Destination, string Expected)[] s_table =
    [
        ("f", "/new", "new=F"),
        ("f", "/new/", "DestinationDirectoryNotFound"),
        ("f", "/no/new", "DestinationDirectoryNotFound"),
        ("f", "/old", "old=F"),
        ("f", "/old/", "NotADirectory"),
        ("f", "/old/x", "NotADirectory"),
        ("f", "/dir", "dir/f=F dir/k=K"),
        ("f", "/dir/", "dir/f=F dir/k=K"),
        ("f", "/dir/.", "dir/f=F dir/k=K"),
        ("f", "/tolink", "old=F"),
        ("f", "/dangling", "made=F"),
        ("f", "/dirlink", "dir/f=F dir/k=K"),
        ("f/", "/new", "NotADirectory"),
        ("f/.", "/new", "NotADirectory"),
        ("none", "/new", "FileNotFound"),
        ("d", "/new", "new/a=A new/s/b=B"),
        ("d/", "/new", "new/a=A new/s/b=B"),
        ("d/.", "/new", "new/a=A new/s/b=B"),
        ("d", "/new/", "new/a=A new/s/b=B"),
        ("d", "/no/new", "DestinationDirectoryNotFound"),
        ("d", "/old", "DirectoryOntoFile"),
        ("d", "/dir", "dir/d/a=A dir/d/s/b=B dir/k=K"),
        ("d/", "/dir", "dir/d/a=A dir/d/s/b=B dir/k=K"),
        ("d/.", "/dir", "dir/a=A dir/k=K dir/s/b=B"),
        ("d/.", "/dir/.", "dir/a=A dir/k=K dir/s/b=B"),
        ("l", "/new", "new->f"),
        ("l", "/dir", "dir/k=K dir/l->f"),
        ("ld", "/dir", "dir/k=K dir/ld->d"),
        ("ld/", "/dir", "dir/k=K dir/ld/a=A dir/ld/s/b=B"),
        ("ld/.", "/dir", "dir/a=A dir/k=K dir/s/b=B"),
    ];

    private static readonly string[] s_completed =
    [
        "Copy-ContainerFile ", "Copy-ContainerFile -Path ", "Copy-ContainerFile x ", "Copy-ContainerFile x -Destination ", "Copy-ContainerFile -LiteralPath ",
    ];

    [SkippableFact]
    public void A_path_goes_where_docker_cp_puts_it()
    {
        Sh("mkdir -p d/s; echo F > f; echo A > d/a; echo B > d/s/b; ln -s f l; ln -s d ld");
        Sh("mkdir dst dst/dir out; echo K > dst/dir/k; echo O > dst/old; ln -s old dst/tolink; ln -s made dst/dangling; ln -s dir dst/dirlink");
        Ok("$null = New-Container busybox -Name stopped");
        Detach("running");
        Ok("Copy-ContainerFile \"$($args[0])/.\" running:/src", Folder);

        // Into a stopped container and a running one, and out onto the host: the rules are the same.
        List<string> wrong = [];
        for (int row = 0; row < s_table.Length; row++)
        {
            (string source, string destination, string expected) = s_table[row];
            string at = $"/r{row}";
            foreach (string name in (string[])["stopped", "running"])
            {
                Ok("Copy-ContainerFile \"$($args[0])/dst\" \"$($args[1])\"", Folder, $"{name}:{at}");
                ScriptResult into = Run("Copy-ContainerFile \"$($args[0])/$($args[1])\" $args[2]", Folder, source, $"{name}:{at}{destination}");
                Check(row, name, into, Root(name) + at, expected);
            }

            Sh($"cp -a dst out{at}");
            ScriptResult outOf = Run("Copy-ContainerFile $args[0] $args[1]", "running:/src/" + source, $"{Folder}/out{at}{destination}");
            Check(row, "host", outOf, Folder + "/out" + at, expected == "FileNotFound" ? "ContainerPathNotFound" : expected);
        }

        Assert.Equal("", string.Join('\n', wrong));

        void Check(int row, string place, ScriptResult result, string root, string expected)
        {
            string found = result.Errors.Count > 0
                ? string.Join(' ', result.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]))
                : string.Join(' ', Sh(
                    $"cd '{root}'; for p in new made old dir; do if [ -e $p ] || [ -L $p ]; then find $p -type f -o -type l; fi; done"
                    + " | while read p; do if [ -L $p ]; then echo \"$p->$(readlink $p)\"; else echo \"$p=$(cat $p)\"; fi; done")
                    .Split('\n').Where(line => line is not ("old=O" or "dir/k=K")).Order(StringComparer.Ordinal));
            string wanted = string.Join(' ', expected.Split(' ').Where(part => part != "dir/k=K").Order(StringComparer.Ordinal));
            if (found != wanted)
            {
                wrong.Add($"{s_table[row]} {place}: {found}");
            }
        }
    }

    /// <summary>docker cp mounts them; here nothing is mounted, and the paths lead to the same files.</summary>
    [SkippableFact]
    public void The_volumes_and_binds_of_a_container_that_does_not_run_are_where_they_would_be()
    {
        Sh("mkdir host host/sub sec; echo H > host/h; echo S > host/sub/s; echo F > file; echo N > new; echo C > sec/c; mkdir tree tree/v tree/h; echo T > tree/v/t; echo T > tree/h/t; echo T > tree/r");
        Ok(
            "$null = New-ContainerVolume data; $null = New-Container busybox -Name box -Volume data:/v, \"$($args[0])/host:/v/inner/h\", \"$($args[0])/file:/etc/one\", \"$($args[0])/sec:/ro:ro\" -Tmpfs /t -Command true",
            Folder);

        // Before the first start: the places are not there, and a copy into them makes them.
        Ok("Copy-ContainerFile \"$($args[0])/new\" box:/v/first", Folder);
        Ok("Start-Container box; $null = Wait-Container box; $null = Invoke-ContainerImage busybox -RemoveOnExit -Volume data:/d -Command sh, -c, 'ln -s /v/inner/h /d/jump; ln -s ../etc/one /d/rel; ln -s ../../../../v/first /d/up; echo V > /d/v'");
        Assert.Equal(
            ["N", "V", "H", "S", "F", "N", "C"],
            Ok("foreach ($p in 'first', 'v', 'jump/h', 'inner/h/sub/s', 'rel', 'up', '../ro/c') { Get-Content Container:/containers/box/fs/v/$p }").Lines);
        Assert.Equal("h sub", string.Join(' ', Ok("Get-ChildItem Container:/containers/box/fs/v/inner/h -Name").Lines));

        // Out: a tree with what is mounted below it.
        Ok("Copy-ContainerFile box:/v \"$($args[0])/out\"; Copy-ContainerFile box:/etc/one \"$($args[0])/one\"; Copy-ContainerFile box:/v/jump/../h/sub/s \"$($args[0])/s\"", Folder);
        Assert.Equal("N V H S F S", Sh("cat out/first out/v out/inner/h/h out/inner/h/sub/s one s | tr '\\n' ' '").Trim());

        // In: through a link, onto a file that is a mount, and with a tree across two mounts.
        Ok("Copy-ContainerFile \"$($args[0])/new\" box:/v/jump/n; Copy-ContainerFile \"$($args[0])/new\" box:/etc/one; Copy-ContainerFile \"$($args[0])/tree/v/.\" box:/v/", Folder);
        Sh("mkdir -p all/v/inner/h; echo A > all/v/a; echo B > all/v/inner/h/b; echo x > all/x");
        Ok("Copy-ContainerFile \"$($args[0])/all/.\" box:/", Folder);
        Assert.Equal("N N B", Sh("cat host/n file host/b | tr '\\n' ' '").Trim());
        Assert.Equal(["A", "T"], Ok("Get-Content Container:/volumes/data/a, Container:/volumes/data/t").Lines);
        Assert.False(File.Exists(Root("box") + "/v/a"));
        Fails("ReadOnlyDestination", "Copy-ContainerFile \"$($args[0])/new\" box:/ro/n", Folder);
        Assert.False(File.Exists(Folder + "/sec/n"));
        Assert.Equal("copy", Ok("Get-ContainerEvent box -Action copy | Select-Object -First 1 | ForEach-Object Action").Lines.Single());
        Assert.Equal(["create", "destroy"], Ok("$null = Remove-Container box; $null = Remove-ContainerVolume data; Get-ContainerEvent -Type Volume | Where-Object Name -eq data | ForEach-Object Action").Lines);
    }

    [SkippableFact]
    public void Modes_and_times_are_kept_and_files_belong_to_whoever_copies()
    {
        Sh("mkdir d; echo x > d/f; chown 1234:1235 d d/f; chmod 2751 d; chmod 4755 d/f; touch -h -d @1000000001 d/f; touch -d @1000000002 d");
        Detach("web");
        Ok("Copy-ContainerFile \"$($args[0])/d\" web:/plain; Copy-ContainerFile \"$($args[0])/d\" web:/archive -Archive", Folder);
        Assert.Equal("-rwxr-xr-x 0:0 2 1000000001", Stat("web", "/plain/f"));
        Assert.Equal("drwxr-s--x 0:0", Stat("web", "/plain")[..14]);
        Assert.EndsWith(" 1000000002", Stat("web", "/plain"), StringComparison.Ordinal);
        Assert.Equal("-rwsr-xr-x 1234:1235 2 1000000001", Stat("web", "/archive/f"));
        Assert.Equal("drwxr-s--x 1234:1235", Stat("web", "/archive")[..20]);

        Ok("Copy-ContainerFile web:/archive \"$($args[0])/plain\"; Copy-ContainerFile web:/archive \"$($args[0])/kept\" -Archive", Folder);
        Assert.Equal("-rwxr-xr-x 0:0 2 1000000001", Sh("stat -c '%A %u:%g %s %Y' plain/f"));
        Assert.Equal("-rwsr-xr-x 1234:1235 2 1000000001", Sh("stat -c '%A %u:%g %s %Y' kept/f"));
    }

    [SkippableFact]
    public void A_directory_that_is_there_keeps_its_attributes_unless_all_are_wanted()
    {
        Sh("mkdir d; echo x > d/f; chmod 700 d; chown 7:7 d");
        Detach("web", "mkdir -m 1777 /t; exec sleep 1000");
        Eventually(() => Directory.Exists(Root("web") + "/t"), () => "/t");
        Ok("Copy-ContainerFile \"$($args[0])/d/.\" web:/t", Folder);
        Assert.StartsWith("drwxrwxrwt 0:0", Stat("web", "/t"), StringComparison.Ordinal);
        Ok("Copy-ContainerFile \"$($args[0])/d/.\" web:/t -Archive", Folder);
        Assert.StartsWith("drwx------ 7:7", Stat("web", "/t"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Holes_hard_links_attributes_and_odd_names_come_through()
    {
        Sh("mkdir t; truncate -s 64M t/hole; printf end >> t/hole; echo 1 > t/one; ln t/one t/two; mkdir t/sub; ln t/one t/sub/three; "
            + "echo n > \"$(printf 't/\\377\\376 name')\"; echo q > \"t/a'b \\\"c\\\" \\$d\"; echo nl > \"$(printf 't/x\\ny')\"; : > t/empty; ln -s nowhere t/gone");
        bool attributes = Run("$true").Errors.Count == 0 && TrySh("setfattr -n user.test -v value t/one");
        Stopped("box");
        Ok("Copy-ContainerFile \"$($args[0])/t\" box:/t -Archive; Copy-ContainerFile box:/t \"$($args[0])/back\" -Archive", Folder);
        Assert.Equal("", Sh("diff -r --no-dereference t back"));
        Assert.Equal("3 3 3", Sh("stat -c %h back/one back/two back/sub/three | tr '\\n' ' '").Trim());
        Assert.Equal("1", Sh("stat -c %i back/one back/two back/sub/three | sort -u | wc -l"));
        Assert.True(int.Parse(Sh("stat -c %b back/hole"), System.Globalization.CultureInfo.InvariantCulture) < 1000, "the hole was filled");
        if (attributes)
        {
            Assert.Contains("value", Sh("getfattr -n user.test back/one"), StringComparison.Ordinal);
        }

        Sh("rm -rf t back"); // .NET cannot name all of them.
    }

    [SkippableFact]
    public void A_file_is_replaced_whole_and_the_one_before_stays_for_those_who_have_it_open()
    {
        Sh("echo new > f");
        Detach("web", "echo old > /f; exec 3</f; while [ ! -e /go ]; do sleep 0.05; done; cat <&3; exec sleep 1000");
        Eventually(() => File.Exists(Root("web") + "/f"), () => "/f");
        Ok("Copy-ContainerFile \"$($args[0])/f\" web:/f; Copy-ContainerFile \"$($args[0])/f\" web:/go", Folder);
        AwaitLog("web", "old");
        Assert.Equal("new", Sh($"cat {Root("web")}/f"));
    }

    [SkippableFact]
    public void A_file_that_is_mounted_is_written_in_place_and_stays_mounted()
    {
        Sh("echo '10.0.0.1 added' > hosts");
        Detach("web");
        string before = Sh($"grep -c ' /etc/hosts ' /proc/{Get("web", "ProcessId")}/mountinfo");
        Ok("Copy-ContainerFile \"$($args[0])/hosts\" web:/etc/hosts", Folder);
        Assert.Equal("1", before);
        Assert.Equal(before, Sh($"grep -c ' /etc/hosts ' /proc/{Get("web", "ProcessId")}/mountinfo"));
        Assert.Equal("10.0.0.1 added", Sh($"cat {Root("web")}/etc/hosts"));
    }

    [SkippableFact]
    public void Devices_fifos_and_sockets_are_never_opened_and_left_out_unless_all_is_wanted()
    {
        Sh("mkdir s; mkfifo s/pipe; mknod s/null c 1 3; echo x > s/file; python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('s/sock')\"");
        Detach("web", "mkfifo /pipe; exec sleep 1000");
        Eventually(() => File.Exists(Root("web") + "/pipe"), () => "/pipe");
        ScriptResult plain = Ok("Copy-ContainerFile \"$($args[0])/s\" web:/s", Folder);
        Assert.Equal(2, plain.Warnings.Count);
        Assert.Equal("file", Sh($"ls {Root("web")}/s"));
        Ok("Copy-ContainerFile \"$($args[0])/s\" web:/all -Archive", Folder);
        Assert.Equal("file null pipe", Sh($"ls {Root("web")}/all | tr '\\n' ' '").Trim());
        Assert.StartsWith("crw", Stat("web", "/all/null"), StringComparison.Ordinal);

        // A FIFO that nobody writes to would block whoever opens it.
        Fails("NotAFile", "Copy-ContainerFile web:/pipe $args[0]", Folder);
        Fails("NotAFile", "Copy-ContainerFile \"$($args[0])/s/sock\" web:/sock -Archive", Folder);
        Assert.False(File.Exists(Folder + "/pipe"));
        Ok("Copy-ContainerFile web:/pipe $args[0] -Archive", Folder);
        Assert.Equal("p", Sh("stat -c %A pipe")[..1]);
    }

    [SkippableFact]
    public void A_device_fifo_or_socket_is_never_replaced_by_something_else()
    {
        Sh("mkdir t; echo x > file; echo x > t/null; ln file t/pipe; ln -s file t/sock; echo x > t/z; ln -s file link");
        Detach("web", "mkdir /t; mkfifo /t/pipe; mknod /t/null c 1 3; exec sleep 1000");
        Eventually(() => File.Exists(Root("web") + "/t/null"), () => "/t/null");
        Sh($"cd {Root("web")}/t; python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('sock')\"");
        foreach (string source in (string[])["file", "link", "t"])
        {
            foreach (string special in (string[])["/dev/null", "/t/pipe", "/t/sock"])
            {
                Fails(source == "t" ? "DirectoryOntoFile" : "FileOntoDevice", "Copy-ContainerFile \"$($args[0])/$($args[1])\" \"web:$($args[2])\"", Folder, source, special);
            }
        }

        ScriptResult tree = Run("Copy-ContainerFile \"$($args[0])/t/.\" web:/t", Folder);
        Assert.Equal(["FileOntoDevice"], tree.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]).Distinct());
        Assert.Equal(3, tree.Errors.Count);
        Assert.Equal("c c p s", Sh($"cd {Root("web")}; stat -c %A dev/null t/null t/pipe t/sock | cut -c1 | tr '\\n' ' '").Trim());
        Assert.Equal("x", Sh($"cat {Root("web")}/t/z"));

        // The same kind may be replaced.
        Sh("mkdir n; mknod n/null c 1 5; mkfifo n/pipe");
        Ok("Copy-ContainerFile \"$($args[0])/n/.\" web:/t -Archive", Folder);
        Assert.Equal("1,5", Sh($"stat -c %t,%T {Root("web")}/t/null"));
    }

    [SkippableFact]
    public void What_was_not_copied_is_an_error_and_not_passed_through()
    {
        Sh("mkdir -p there/file; echo x > file");
        Detach("web", "mkdir -p /d/file; exec sleep 1000");
        Eventually(() => Directory.Exists(Root("web") + "/d/file"), () => "/d/file");
        Fails("NotAFile", "Copy-ContainerFile web:/dev/zero \"$($args[0])/z\" -PassThru -OutVariable made; if ($made) { throw 'made' }", Folder);
        Fails("FileOntoDirectory", "Copy-ContainerFile \"$($args[0])/file\" web:/d -PassThru -OutVariable made; if ($made) { throw 'made' }", Folder);
        Fails("DirectoryOntoFile", "Copy-ContainerFile web:/d \"$($args[0])/file\" -PassThru -OutVariable made; if ($made) { throw 'made' }", Folder);
        Assert.False(File.Exists(Folder + "/z"));
    }

    [SkippableFact]
    public void Links_that_only_the_container_can_read_are_listed_without_a_target_and_are_errors_of_their_own_in_copies()
    {
        Detach("web");
        Assert.Equal(
            ["self ", "thread-self ", "mounts self/mounts"],
            Ok("'self', 'thread-self', 'mounts' | ForEach-Object { Get-ChildItem Container:/containers/web/fs/proc | Where-Object Name -EQ $_ } | ForEach-Object { \"$($_.Name) $($_.LinkTarget)\" }").Lines);
        ScriptResult named = Run("Copy-ContainerFile web:/proc/self $args[0] -PassThru", Folder);
        Assert.Contains("web:/proc/self", named.Errors.Single().Exception.Message, StringComparison.Ordinal);
        Assert.Empty(named.Output);
        Fails("ContainerPathNotFound", "Copy-ContainerFile web:/proc/self/status $args[0]", Folder);
        ScriptResult tree = Run("Copy-ContainerFile web:/proc \"$($args[0])/out\"", Folder);
        Assert.True(File.Exists(Folder + "/out/version"), tree.ToString());
        Assert.All(tree.Errors, error => Assert.Contains("\"web:/proc/", error.Exception.Message, StringComparison.Ordinal));
        Assert.Equal(2, tree.Errors.Count(error => error.Exception.Message.Contains("self\"", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void Several_files_of_the_pipeline_need_a_directory_as_several_of_the_parameter_do()
    {
        Sh("mkdir -p src/a src/b; echo 1 > src/a/f; echo 2 > src/b/f; echo 3 > one");
        Detach("web", "mkdir /in; exec sleep 1000");
        Detach("db", "exec sleep 1000");
        Eventually(() => Directory.Exists(Root("web") + "/in"), () => "/in");
        Fails("DestinationDirectoryNotFound", "Get-ChildItem \"$($args[0])/src\" | Copy-ContainerFile -Destination web:/none", Folder);
        Fails("DestinationDirectoryNotFound", "'web:/etc/hostname', 'db:/etc/hostname' | Copy-ContainerFile -Destination \"$($args[0])/none\"", Folder);
        Assert.False(Directory.Exists(Root("web") + "/none"));
        Assert.False(File.Exists(Folder + "/none"));
        Ok("Get-ChildItem \"$($args[0])/src\" | Copy-ContainerFile -Destination web:/in; Get-Item \"$($args[0])/one\" | Copy-ContainerFile -Destination web:/new", Folder);
        Assert.Equal("1 2 3", Sh($"cat {Root("web")}/in/a/f {Root("web")}/in/b/f {Root("web")}/new | tr '\\n' ' '").Trim());
    }

    [SkippableFact]
    public void Files_of_the_kernel_are_read_to_their_end()
    {
        Detach("web");
        Ok("Copy-ContainerFile web:/proc/1/status, web:/sys/class/net/lo/address \"$($args[0])\"", Folder);
        Assert.Contains("Name:", File.ReadAllText(Folder + "/status"), StringComparison.Ordinal);
        Assert.Equal("00:00:00:00:00:00", File.ReadAllText(Folder + "/address").Trim());

        // A directory above them does not mean them; one of them does.
        Ok("Copy-ContainerFile web:/ \"$($args[0])/all\"", Folder);
        Assert.True(Directory.Exists(Folder + "/all/etc"));
        Assert.False(Directory.Exists(Folder + "/all/proc/1"));
        ScriptResult tree = Run("Copy-ContainerFile web:/proc/sys/net/ipv4 \"$($args[0])/net\"", Folder);
        Assert.True(File.Exists(Folder + "/net/ip_forward"));
        Assert.All(tree.Errors, error => Assert.Contains(error.FullyQualifiedErrorId.Split(',')[0], new[] { "FileUnreadable", "FileDenied" }));
    }

    [SkippableFact]
    public void Links_in_a_container_lead_where_the_container_would_go()
    {
        Sh("echo host > secret");
        Detach(
            "web",
            "mkdir /real /var; echo inside > /real/f; ln -s /real /var/run; ln -s ../../../../../../../../real /up; ln -s /proc/self/root /magic; ln -s /real/f /abs; "
            + "ln -s loop /loop; exec sleep 1000");
        Eventually(() => Sh($"ls {Root("web")}").Contains("loop", StringComparison.Ordinal), () => "/loop");
        Ok("Copy-ContainerFile web:/var/run/f \"$($args[0])/1\"; Copy-ContainerFile web:/up/f \"$($args[0])/2\"; "
            + "Copy-ContainerFile web:/abs \"$($args[0])/3\" -FollowLink; Copy-ContainerFile \"$($args[0])/secret\" web:/var/run/g", Folder);
        Assert.Equal("inside inside inside", Sh("cat 1 2 3 | tr '\\n' ' '").Trim());
        Assert.Equal("host", Sh($"cat {Root("web")}/real/g"));
        Fails("ContainerPathNotFound", "Copy-ContainerFile web:/magic/etc/passwd $args[0]", Folder);
        Fails("LinkNotFollowed", "Copy-ContainerFile web:/loop $args[0] -FollowLink", Folder);
        Fails("LinkNotFollowed", "Copy-ContainerFile web:/loop/x $args[0]", Folder);
    }

    [SkippableFact]
    public void From_container_to_container_and_within_one()
    {
        Detach("one", "mkdir -p /d/s; echo x > /d/s/f; exec sleep 1000");
        Eventually(() => File.Exists(Root("one") + "/d/s/f"), () => "/d/s/f");
        Stopped("two");
        Ok("Copy-ContainerFile one:/d two:/; Copy-ContainerFile two:/d one:/copy; Copy-ContainerFile two:/d two:/twice");
        Assert.Equal("x", Sh($"cat {Root("two")}/d/s/f {Root("two")}/twice/s/f {Root("one")}/copy/s/f | sort -u"));
        Fails("CopyIntoItself", "Copy-ContainerFile one:/d one:/d/s");
        Assert.False(Directory.Exists(Root("one") + "/d/s/d"), "the copy went into itself");
        Fails("SameFile", "Copy-ContainerFile one:/d/s/f one:/d/s/f");
        Assert.Equal("x", Sh($"cat {Root("one")}/d/s/f"));
    }

    [SkippableFact]
    public void Wildcards_work_on_both_sides_and_several_files_need_a_directory()
    {
        Sh("mkdir src out; echo 1 > src/a.txt; echo 2 > src/b.txt; echo 3 > src/c.log; echo 4 > src/.hid.txt; echo 5 > 'src/[x].txt'");
        Detach("web", "mkdir /in; exec sleep 1000");
        Eventually(() => Directory.Exists(Root("web") + "/in"), () => "/in");
        Ok("Copy-ContainerFile \"$($args[0])/src/*.txt\" web:/in", Folder);
        Assert.Equal("[x].txt a.txt b.txt", Sh($"ls -A {Root("web")}/in | tr '\\n' ' '").Trim());
        Ok("Copy-ContainerFile \"$($args[0])/src/.hid.txt\" web:/in", Folder);
        Ok("Copy-ContainerFile 'web:/i?/[ab].txt' \"$($args[0])/out\"", Folder);
        Assert.Equal("a.txt b.txt", Sh("ls -A out | tr '\\n' ' '").Trim());
        Ok("Copy-ContainerFile 'web:/in/*' \"$($args[0])/out\" -Force; Copy-ContainerFile -LiteralPath 'web:/in/[x].txt' -Destination \"$($args[0])/out/lit\"", Folder);
        Assert.Equal(".hid.txt [x].txt a.txt b.txt lit", Sh("ls -A out | tr '\\n' ' '").Trim());
        Assert.Empty(Ok("Copy-ContainerFile 'web:/in/*.none' \"$($args[0])/out\" -PassThru", Folder).Lines);
        Fails("DestinationDirectoryNotFound", "Copy-ContainerFile 'web:/in/*' \"$($args[0])/none\"", Folder);
    }

    [SkippableFact]
    public void Containers_files_and_parameters_bind_in_every_way()
    {
        Sh("echo 1 > a; echo 2 > b");
        Detach("web", "mkdir /in; exec sleep 1000");
        Detach("db", "exec sleep 1000");
        Eventually(() => Directory.Exists(Root("web") + "/in"), () => "/in");
        Ok("Get-ChildItem \"$($args[0])/?\" | Copy-ContainerFile -Destination /in -ToContainer web", Folder);
        Assert.Equal("a b", Sh($"ls {Root("web")}/in | tr '\\n' ' '").Trim());
        Ok("$to = $args[0]; Get-Container | Copy-ContainerFile /etc/hostname -Destination { \"$to/$($_.Name).txt\" }", Folder);
        Assert.Equal("2", Sh("ls *.txt | wc -l"));
        Ok("Copy-ContainerFile /in/a \"$($args[0])/c\" -Container (Get-Container web)", Folder);
        Assert.Equal("1", Sh("cat c"));
        Assert.Equal("FileInfo c", Ok("Copy-ContainerFile web:/in/a \"$($args[0])/c\" -PassThru | ForEach-Object { \"$($_.GetType().Name) $($_.Name)\" }", Folder).Lines.Single());
        Assert.Equal(
            "web:/in/a -rw-r--r--",
            Ok("Copy-ContainerFile \"$($args[0])/c\" web:/in/a -PassThru | ForEach-Object { \"$_ $($_.Mode)\" }", Folder).Lines.Single());
        Fails("CopyWithoutContainer", "Copy-ContainerFile \"$($args[0])/c\" \"$($args[0])/d\"", Folder);
        Fails("ContainerNotFound", "Copy-ContainerFile nobody:/x \"$($args[0])/d\"", Folder);
        Fails("ContainerPathEmpty", "Copy-ContainerFile web: \"$($args[0])/d\"", Folder);
        ScriptResult preview = Ok("Copy-ContainerFile web:/in/a \"$($args[0])/preview\" -WhatIf", Folder);
        Assert.False(File.Exists(Folder + "/preview"), preview.ToString());
    }

    [SkippableFact]
    public void Both_sides_complete_containers_and_their_paths()
    {
        Detach("web", "mkdir -p /web-in/sub; touch '/web-in/a b'; exec sleep 1000");
        Eventually(() => File.Exists(Root("web") + "/web-in/a b"), () => "/web-in");
        foreach (string start in s_completed)
        {
            Assert.Equal(["web:"], Completed(start + "we"));
            Assert.Equal(["web:/web-in/"], Completed(start + "web:/we"));
            Assert.Equal(["'web:/web-in/a b'"], Completed(start + "'web:/web-in/a"));
        }

        Assert.Equal(["/web-in/sub/"], Completed("Copy-ContainerFile -Container web -Path /web-in/s"));
        Assert.Equal(["/web-in/sub/"], Completed("Copy-ContainerFile -ToContainer web x /web-in/s"));
        Assert.Equal(["web:/web-in/"], Completed("Copy-ContainerFile -Container web x web:/we"));

        IReadOnlyList<string> Completed(string line) =>
            Ok("(TabExpansion2 -inputScript $args[0] -cursorColumn $args[0].Length).CompletionMatches.CompletionText", line).Lines;
    }

    [SkippableFact]
    public void Both_sides_complete_the_paths_of_the_host_as_well()
    {
        Sh("command -v pwsh >/dev/null || : >none; mkdir web-site; touch webfile 'we b'");
        Skip.If(File.Exists(Folder + "/none"), "pwsh is not installed, and containers-shell does not complete paths");
        Detach("web");
        string words = string.Join(", ", s_completed.SelectMany(start => (string[])[start + "we", start + "./web", start + "Container:/v"]).Select(line => $"'{line}'"));
        using OtherSession session = new(
            Host, $"Set-Location '{Folder}'; {words} | ForEach-Object {{ (TabExpansion2 -inputScript $_ -cursorColumn $_.Length).CompletionMatches.CompletionText -join ' ' }}");
        Assert.Equal(
            s_completed.SelectMany(_ => (string[])["web: './we b' ./web-site ./webfile", "./web-site ./webfile", "Container:/volumes"]), session.Finish());
    }

    [SkippableFact]
    public void What_is_read_only_says_so()
    {
        Sh("echo 1 > a");
        Detach("web", parameters: "-ReadOnly -Tmpfs /scratch");
        Ok("$null = New-Container busybox -Name still -ReadOnly");
        Fails("ReadOnlyDestination", "Copy-ContainerFile \"$($args[0])/a\" web:/a", Folder);
        Fails("ReadOnlyDestination", "Copy-ContainerFile \"$($args[0])/a\" still:/a", Folder);
        Ok("Copy-ContainerFile \"$($args[0])/a\" web:/scratch/a; Copy-ContainerFile web:/scratch/a \"$($args[0])/b\"", Folder);
        Assert.Equal("1", Sh("cat b"));
    }

    [SkippableFact]
    public void A_full_disk_says_so_leaves_no_half_file_and_keeps_what_was_there()
    {
        Sh("head -c 3M /dev/zero | tr '\\0' x > big; echo keep > big2");
        Detach("web", "exec sleep 1000", "-Tmpfs /small:size=1m");
        Ok("Copy-ContainerFile \"$($args[0])/big2\" web:/small/big", Folder);
        Fails("DiskFull", "Copy-ContainerFile \"$($args[0])/big\" web:/small/big", Folder);
        Assert.Equal("big", Sh($"ls -A {Root("web")}/small"));
        Assert.Equal("keep", Sh($"cat {Root("web")}/small/big"));
        Fails("DiskFull", "Copy-ContainerFile \"$($args[0])/big\" web:/small/other", Folder);
        Assert.Equal("big", Sh($"ls -A {Root("web")}/small"));
    }

    [SkippableFact]
    public void A_stopped_container_starts_again_with_what_was_copied_and_nothing_stays_open()
    {
        Sh("echo 'echo copied' > run; mkdir tree; for i in 1 2 3 4 5 6 7 8 9; do echo $i > tree/$i; done");
        Ok("$null = New-Container busybox -Name box -Command sh, '/run.sh'");
        Ok("Copy-ContainerFile \"$($args[0])/run\" box:/run.sh", Folder);
        int before = Descriptors();
        for (int round = 0; round < 20; round++)
        {
            Ok("Copy-ContainerFile \"$($args[0])/tree\" box:/tree; Copy-ContainerFile box:/tree \"$($args[0])/back\"; Copy-ContainerFile \"$($args[0])/none\" box:/ -ErrorAction Ignore", Folder);
        }

        Assert.InRange(Descriptors(), 0, before + 3);
        Ok("Start-Container box; Wait-Container box");
        Assert.Equal("copied", Log("box").Single());
    }

    [SkippableFact]
    public void Too_few_descriptors_are_an_error_and_not_a_crash()
    {
        Sh("p=deep; for i in $(seq 1 70); do p=$p/d; done; mkdir -p $p; echo x > $p/f");
        Stopped("box");
        using OtherSession session = new(
            Host,
            $"Copy-ContainerFile {Folder}/run box:/run -ErrorAction Ignore; $most = [IO.Directory]::GetFileSystemEntries('/proc/self/fd').ForEach({{ [int](Split-Path -Leaf $_) }});"
            + "$limit = 40 + ($most | Measure-Object -Maximum).Maximum; prlimit --pid $PID \"--nofile=${limit}:\";"
            + $"Copy-ContainerFile {Folder}/deep box:/deep -ErrorVariable failures -ErrorAction SilentlyContinue; \"ids: $($failures.FullyQualifiedErrorId)\"");
        string[] lines = session.Finish();
        Assert.Equal("ids: TooManyOpenFiles,Containers.Cmdlets.CopyContainerFileCommand", lines.LastOrDefault() + session.Errors);
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private bool TrySh(string script)
    {
        try
        {
            Sh(script);
            return true;
        }
        catch (Xunit.Sdk.XunitException)
        {
            return false;
        }
    }
}
