using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Security;

/// <summary>Attacks on whoever copies files into or out of a container: S25 to S27.</summary>
[Collection("hosted shell")]
public sealed class CopyAttackTests(AttackBench bench) : IClassFixture<AttackBench>, IDisposable
{
    private const string Flipper = """
        #define _GNU_SOURCE
        #include <stdio.h>
        #include <fcntl.h>
        #include <unistd.h>
        #include <sys/syscall.h>
        int main(void) {
            unsigned long n = 0;
            for (;;) {
                syscall(SYS_renameat2, AT_FDCWD, "/d", AT_FDCWD, "/link", 2);
                syscall(SYS_renameat2, AT_FDCWD, "/t/sub", AT_FDCWD, "/link2", 2);
                syscall(SYS_renameat2, AT_FDCWD, "/t/file", AT_FDCWD, "/link3", 2);
                if (++n == 10000) { int f = open("/flipped", O_CREAT, 0600); close(f); }
            }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void S25_Links_that_change_all_the_time_lead_nobody_out_of_the_container()
    {
        string flipper = bench.Compile("flipper", Flipper);
        string image = bench.Image("flip", "mkdir d t t/sub; echo in > d/secret; echo in > t/sub/secret; echo in > t/file; ln -s $CANARY link; ln -s ../../../../../../../../$CANARY link2; ln -s $CANARY/secret link3");
        _ = bench.Start("flip", "exec sleep 1000", image: image);
        HostedShell shell = bench.Shell;
        Assert.Empty(shell.Run("Copy-ContainerFile $args[0] flip:/flipper", flipper).Errors);
        string pid = shell.Run("(Get-Container flip).ProcessId").Lines.Single();
        using Process attack = Process.Start("nsenter", ["-t", pid, "-m", "-p", "-r", "-w", "/flipper"])!;
        try
        {
            Directory.CreateDirectory(_folder.Path + "/tree/sub");
            File.WriteAllText(_folder.Path + "/tree/sub/secret", "from host");
            File.WriteAllText(_folder.Path + "/tree/file", "from host");
            AttackBench.Await(() => File.Exists($"/proc/{pid}/root/flipped"), "10000 flips");
            Stopwatch time = Stopwatch.StartNew();
            int copies = 0;
            HashSet<string> ids = [];
            while (time.Elapsed.TotalSeconds < 5)
            {
                string o = $"{_folder.Path}/out{copies}";
                Directory.CreateDirectory(o);
                ScriptResult result = shell.Run(
                    "Copy-ContainerFile \"$($args[0])/tree/file\" flip:/d/secret; Copy-ContainerFile \"$($args[0])/tree/.\" flip:/t; Copy-ContainerFile \"$($args[0])/tree\" flip:/d/;"
                    + "Copy-ContainerFile flip:/d/secret \"$($args[1])/a\"; Copy-ContainerFile flip:/t \"$($args[1])/b\"; Copy-ContainerFile flip:/t/file \"$($args[1])/c\" -FollowLink",
                    _folder.Path, o);
                ids.UnionWith(result.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
                copies++;
            }

            Assert.False(attack.HasExited);
            Assert.InRange(copies, 20, int.MaxValue);
            Assert.Equal("0", bench.Host($"grep -r canary-secret '{_folder.Path}' | wc -l").Trim());

            // Losing a race is told as what it looks like; nothing else may come out of it.
            Assert.Subset(
                new HashSet<string>
                {
                    "ContainerPathNotFound", "DestinationDirectoryNotFound", "NotADirectory", "DirectoryOntoFile", "FileOntoDirectory", "FileNotWritten", "LinkNotFollowed",
                    "SystemCallFailed",
                },
                ids);
        }
        finally
        {
            attack.Kill();
            attack.WaitForExit();
            bench.Remove("flip");
        }

        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S25_Absolute_links_of_the_container_still_work()
    {
        string image = bench.Image("varrun", "mkdir -p run/app var; ln -s /run var/run; echo pid > run/app/pid");
        _ = bench.Start("varrun", "exec sleep 1000", image: image);
        ScriptResult result = bench.Shell.Run(
            "Copy-ContainerFile varrun:/var/run/app/pid $args[0]; Copy-ContainerFile \"$($args[0])/pid\" varrun:/var/run/app/copy -PassThru | ForEach-Object FullName", _folder.Path);
        bench.Remove("varrun");
        Assert.Equal("varrun:/var/run/app/copy", AttackBench.Text(result));
        Assert.Equal("pid\n", File.ReadAllText(_folder.Path + "/pid"));
    }

    [SkippableFact]
    public void S25_Nothing_of_the_container_is_run_or_loaded()
    {
        // CVE-2019-14271: docker's helper loaded libnss from the container's root.
        string trap = bench.Compile("trap", "int main(void) { return 0; }");
        string image = bench.Image("traps", $"mkdir -p lib etc usr/lib; for n in libnss_files.so.2 libc.so.6 ld-linux-x86-64.so.2; do cp {trap} lib/$n; done; echo 'x:x:0:0::/:/bin/sh' > etc/passwd");
        string sentinel = _folder.Path + "/copy";
        ScriptResult result = bench.Shell.Run(
            "$null = New-Container " + image + " -Name traps -Command sh; Copy-ContainerFile traps:/etc \"$($args[0])/copy\"; Copy-ContainerFile traps:/lib \"$($args[0])/lib\"", _folder.Path);
        Assert.Equal("", AttackBench.Text(result));
        bench.Remove("traps");
        Assert.True(File.Exists(sentinel + "/passwd"));
        Assert.DoesNotContain("traps", File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void S27_Hostile_trees_make_no_special_files_and_no_setuid_programs_on_the_host()
    {
        string image = bench.Image(
            "special", "mkdir h; cp bin/busybox h/su; chmod 6755 h/su; mkfifo h/fifo; mknod h/mem c 1 1; ln -s $CANARY h/out; ln -s /etc/shadow h/shadow; echo x > 'h/..x'; echo y > 'h/-rf'");
        ScriptResult result = bench.Shell.Run(
            "$null = New-Container " + image + " -Name special -Command sh; Copy-ContainerFile special:/h \"$($args[0])/h\"; Copy-ContainerFile special:/h \"$($args[0])/h\" -FollowLink", _folder.Path);
        Assert.Equal("", AttackBench.Text(result));
        bench.Remove("special");
        Assert.Equal("0", bench.Host($"find '{_folder.Path}' -type b -o -type c -o -type p -o -perm /6000 | wc -l").Trim());
        Assert.Equal("/etc/shadow", bench.Host($"readlink '{_folder.Path}/h/shadow'").Trim());

        // The second copy goes through nothing that the first one made.
        bench.AssertCanaryUnchanged();
    }
}
