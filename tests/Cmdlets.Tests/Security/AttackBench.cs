using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Security;

/// <summary>A session, images made for an attack, and a canary directory of the host that no attack may change.</summary>
public sealed class AttackBench : IDisposable
{
    private const string Applets = "sh ls cat echo mkdir rmdir ln rm cp mv mount umount chroot nsenter unshare mknod dd id stat chmod chown touch "
        + "mkfifo sleep kill ps readlink head tail wc grep sed seq yes true false pwd hostname find sync nproc tr cut sort uniq test env";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _images = [];
    private HostedShell? _shell;
    private string _canaryState = "";

    public string Canary => Path.Combine(_folder.Path, "canary");

    /// <summary>The session; the test is skipped where it cannot run.</summary>
    public HostedShell Shell
    {
        get
        {
            Require();
            if (_shell is null)
            {
                _folder.File("canary/secret", "canary-secret");
                _canaryState = DescribeCanary();
                _shell = new HostedShell();
            }

            return _shell;
        }
    }

    public static void Require()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can start containers.");
        Skip.IfNot(File.Exists("/bin/busybox"), "busybox-static is not installed.");
        Skip.If(BuiltOutput.Module is null, "The module is not staged; set CONTAINERS_TEST_MODULE.");
    }

    /// <summary>An image of busybox whose root a host script has spoiled ($CANARY is the canary's path). Made once.</summary>
    /// <param name="name">The image's name.</param>
    /// <param name="spoil">Runs in the root's directory.</param>
    /// <param name="configuration">More parameters of New-ContainerImage.</param>
    public string Image(string name, string spoil = "", string configuration = "")
    {
        HostedShell shell = Shell;
        if (_images.TryAdd(name, spoil))
        {
            string root = Directory.CreateDirectory(Path.Combine(_folder.Path, "image-" + name)).FullName;
            Host($"cd '{root}'; mkdir -p bin tmp etc; cp /bin/busybox bin/; for a in {Applets}; do ln -s busybox bin/$a; done; {spoil}");
            ScriptResult made = shell.Run($"New-ContainerImage -Path $args[0] -Reference {name} {configuration}", root);
            Assert.Empty(made.Errors);
        }

        return name;
    }

    /// <summary>In front of a script: through one pipe output and errors keep their order.</summary>
    public const string OnePipe = "exec 2>&1; ";

    /// <summary>Runs a shell script in a container. Output and standard error as one text; errors by their ids at the end.</summary>
    public string Attack(string script, string parameters = "", string? image = null) =>
        Text(Shell.Run(
            $"Invoke-ContainerImage {image ?? Image("plain")} -RemoveOnExit {parameters} -Command sh,'-c',$args[0] 6>&1", OnePipe + script));

    public static string Text(ScriptResult result) =>
        string.Join('\n', result.Lines.Concat(result.Errors.Select(e => "ERROR " + e.FullyQualifiedErrorId.Split(',')[0])));

    /// <summary>Starts one in the background.</summary>
    public string Start(string name, string script, string parameters = "", string? image = null)
    {
        ScriptResult result = Shell.Run(
            $"(Invoke-ContainerImage {image ?? Image("plain")} -Detach -Name {name} {parameters} -Command sh,'-c',$args[0]).Id", script);
        Assert.Empty(result.Errors);
        return Assert.Single(result.Lines);
    }

    public void Remove(params string[] names) => Assert.Empty(Shell.Run("Remove-Container -Force $args", names).Errors);

    /// <summary>A C program compiled statically, as path on the host; skipped where there is no compiler for it.</summary>
    public string Compile(string name, string source, string options = "")
    {
        Require();
        Skip.IfNot(File.Exists("/usr/bin/gcc"), "gcc is not installed.");
        string program = Path.Combine(_folder.Path, name);
        string code = _folder.File(name + ".c", source);
        (int exit, string output) = TryHost($"gcc -O1 -w -static {options} -o '{program}' '{code}'");
        Skip.If(exit != 0 && options.Contains("-m32", StringComparison.Ordinal), "gcc cannot compile for i386 here: " + output);
        Assert.True(exit == 0, output);
        return program;
    }

    public void AssertCanaryUnchanged()
    {
        Assert.Equal(_canaryState, DescribeCanary());
    }

    /// <summary>Waits for a fact of the host or of a container.</summary>
    public static void Await(Func<bool> fact, string what, int seconds = 10)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!fact())
        {
            Assert.True(watch.Elapsed.TotalSeconds < seconds, "Waited in vain for: " + what);
            Thread.Sleep(20);
        }
    }

    public string Host(string script)
    {
        (int exit, string output) = TryHost(script);
        Assert.True(exit == 0, $"{script}: {output}");
        return output;
    }

    public void Dispose()
    {
        if (_shell is not null)
        {
            _shell.Run("Get-Container | Remove-Container -Force");
            _shell.Dispose();
        }

        _folder.Dispose();
    }

    private (int Exit, string Output) TryHost(string script)
    {
        ProcessStartInfo info = new("/bin/sh", ["-c", "exec 2>&1; " + script]) { RedirectStandardOutput = true };
        info.Environment["CANARY"] = Canary;
        using Process process = Process.Start(info)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private string DescribeCanary()
    {
        StringBuilder text = new(Host("stat -c '%n %a %u:%g %Y %y %i' \"$CANARY\" \"$CANARY\"/*"));
        foreach (string file in Directory.EnumerateFileSystemEntries(Canary))
        {
            text.AppendLine(File.Exists(file) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))) : file);
        }

        return text.ToString();
    }
}
