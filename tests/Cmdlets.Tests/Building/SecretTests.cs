using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Images;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>S43: what a build is told in confidence is with its step while that runs, and nowhere afterwards.</summary>
public sealed class SecretTests(ContainerHostFixture host) : BuildTest(host)
{
    private const string Variable = "CONTAINERS_TEST_SECRET";

    private const string Secret = "c4n4ry-of-a-build";

    /// <summary>The hash of it, of the cheapest kind.</summary>
    private const string Hash = "$2b$04$abcdefghijklmnopqrstuu6QEy54VYMU0wnoba1qkDHi9HQ.cyRNu";

    private static readonly byte[] s_secret = Encoding.ASCII.GetBytes(Secret);

    /// <summary>As it is sent, and as files of credentials have it.</summary>
    private static readonly byte[] s_credential = Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes("me:" + Secret)));

    [SkippableFact]
    public async Task ASecretInAVariableIsWithItsStepAlone()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        Dockerfile(
            "FROM busybox", "RUN --mount=type=secret,id=t,env=TOKEN,required=true --mount=type=cache,id=gate,target=/gate \\",
            "  echo -n \"$TOKEN\" | sha256sum > /sum; touch /gate/started; while [ ! -e /gate/go ]; do sleep 0.05; done; env | grep -c ^TOKEN= > /count");
        Task<ScriptResult> building = Host.Shell.RunAsync(
            $"$env:{Variable} = '{Secret}'; try {{ Build-ContainerImage '{Context}' -Tag secret -Network none -Secret 'id=t,env={Variable}'"
            + " -Verbose -PassThru *>&1 | Out-String }"
            + $" finally {{ Remove-Item env:{Variable} }}; $Error | Out-String");
        string mounts = Path.Combine(Host.Shell.DataRoot, "build/mounts");
        string Started() => Directory.Exists(mounts) ? Directory.EnumerateFiles(mounts, "started", SearchOption.AllDirectories).FirstOrDefault("") : "";
        Eventually(() => Started().Length > 0 || building.IsCompleted, () => "the step does not start");
        Assert.False(building.IsCompleted, "the step did not wait");
        try
        {
            Assert.Empty(Holding());
            (string[] told, string[] knowing) = Processes();
            Assert.Empty(told);
            Assert.NotEmpty(knowing);
            Assert.All(knowing, process => Assert.StartsWith("step ", process, StringComparison.Ordinal));
        }
        finally
        {
            await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(Started())!, "go"), "");
            await ((Task)building).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        ScriptResult result = await building;
        Assert.Empty(result.Errors);
        string shown = string.Join('\n', result.Lines);
        Assert.Contains("RUN --mount=type=secret", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, shown, StringComparison.Ordinal);
        Assert.Equal([Convert.ToHexStringLower(SHA256.HashData(s_secret)) + "  -", "1"], InImage("secret", "cat /sum /count"));
        NothingHolds("secret");
    }

    [SkippableFact]
    public void AStepThatFailsAndIsKeptKeepsNoSecret()
    {
        string file = Path.Combine(Path.GetTempPath(), "containers-secret-" + Guid.NewGuid().ToString("N"));
        File.WriteAllText(file, Secret);
        try
        {
            Dockerfile(
                "FROM busybox",
                "RUN --mount=type=secret,id=t,env=TOKEN --mount=type=secret,id=t,target=/s \\",
                "  [ \"$(cat /s)\" = \"$TOKEN\" ] && echo same > /same; exit 3");
            string shown = string.Join('\n', Run(
                "Build-ContainerImage $args[0] -Network none -KeepFailed -Secret @{ t = $args[1] } -Verbose *>&1 | Out-String;"
                + " $Error[0] | Format-List * -Force | Out-String",
                Context, file).Lines);
            Assert.Contains("exit code 3", shown, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, shown, StringComparison.Ordinal);
            Assert.Equal(
                ["same", "0"],
                Ok("$c = Get-Container; $null = $c | ConvertTo-ContainerImage -Reference kept; $json = Get-ContainerDetail $c.Name | ConvertTo-Json -Depth 9;"
                    + " Invoke-ContainerImage kept -RemoveOnExit -Network none -Entrypoint sh -Command '-c', 'cat /same; env | grep -c ^TOKEN='").Lines);
            Assert.DoesNotContain(Secret, Ok("$json").Lines[0], StringComparison.Ordinal);
            NothingHolds("kept");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [SkippableFact]
    public void PasswordsOfProxiesAndOfTheContextsAddressAreInNothingThatIsKept()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        using TemporaryFolder folder = new();
        using FileSite site = new(folder.Path);
        Dockerfile("FROM busybox", "RUN --mount=target=/ctx [ -n \"$HTTPS_PROXY\" ] && cp /ctx/f /f", "COPY f /g");
        Write("f", "content");
        using (Process tar = Process.Start("/bin/tar", ["-C", Context, "-cf", Path.Combine(folder.Path, "context.tar"), "."]))
        {
            tar.WaitForExit();
            Assert.Equal(0, tar.ExitCode);
        }

        string address = $"http://me:{Secret}@127.0.0.1:{site.Port}/context.tar";
        string shown = string.Join('\n', Ok(
            "Build-ContainerImage $args[0] -Tag private -Network none -BuildArgument @{ HTTPS_PROXY = $args[1] } -Verbose -PassThru *>&1 | Out-String",
            address, $"http://me:{Secret}@127.0.0.1:1").Lines);
        Assert.Equal("Basic " + Encoding.ASCII.GetString(s_credential), site.Authorization);
        Assert.DoesNotContain(Secret, shown, StringComparison.Ordinal);
        Assert.Equal(["contentcontent"], InImage("private", "cat /f /g"));
        NothingHolds("private");
        Assert.DoesNotContain(
            Secret, Fails("DockerfileNotFound", "Build-ContainerImage $args[0] -File none -Network none", address).Exception.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void TheRegistrysPasswordStaysInTheFileOfCredentials()
    {
        Skip.If(LoopbackRegistry.Missing is not null, LoopbackRegistry.Missing);
        using LoopbackRegistry registry = new("me:" + Hash);
        Ok(
            "$p = [securestring]::new(); foreach ($c in $args[1].ToCharArray()) { $p.AppendChar($c) };"
            + " $null = Connect-ContainerRegistry $args[0] -Credential ([pscredential]::new('me', $p));"
            + " Add-ContainerImageTag busybox \"$($args[0])/base:1\"; $null = Submit-ContainerImage \"$($args[0])/base:1\";"
            + " $null = Remove-ContainerImage \"$($args[0])/base:1\"",
            registry.Address, Secret);
        Dockerfile($"FROM {registry.Address}/base:1", "RUN echo built > /out");
        string shown = string.Join('\n', Ok(
            $"Build-ContainerImage $args[0] -Tag pulled -Network none -Pull -Verbose -PassThru -CacheTo '{registry.Address}/cache:1' *>&1 | Out-String;"
            + " $Error | Out-String", Context).Lines);
        Assert.Contains("RUN echo built", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, shown, StringComparison.Ordinal);
        NothingHolds("pulled");
        Ok("Disconnect-ContainerRegistry $args[0] > $null", registry.Address);

        // Without it nothing comes: the registry did ask.
        Assert.NotEmpty(Run("Build-ContainerImage $args[0] -Network none -Pull -NoCache", Context).Errors);
    }

    [SkippableFact]
    public void WhatIsBoundToAStepIsNotInItsLayer()
    {
        const string Text = "c4n4ry-of-a-context"; // The cache of the builds has it, as a layer of its own.
        Write("private", Text);
        Dockerfile(
            "FROM busybox AS other", $"RUN mkdir /o && echo {Text[..3]}''{Text[3..]} > /o/private", "FROM busybox",
            "RUN --mount=target=/ctx,rw --mount=from=other,source=/o,target=/o,rw \\",
            "  cp /ctx/private /ctx/copy && cp /o/private /o/copy && mkdir /ctx/sub && wc -c < /ctx/copy > /n");
        Build("-Tag bound");
        Assert.Equal(["/n"], Ok("Compare-ContainerImage busybox bound | ForEach-Object Path").Lines.Where(path => path != "/"));
        Assert.Empty(Ok("Export-ContainerImage bound -Path $args[0]", Path.Combine(Context, "bound.tar")).Errors);
        Assert.False(Holds(Path.Combine(Context, "bound.tar"), Encoding.ASCII.GetBytes(Text)));
    }

    /// <summary>Neither the roots nor what of the image can be shown or saved.</summary>
    private void NothingHolds(string image)
    {
        Assert.Empty(Holding());
        string saved = Path.Combine(Context, "saved.tar");
        string text = string.Join('\n', Ok(
            "$null = Export-ContainerImage $args[0] -Path $args[1]; Get-ContainerImageHistory $args[0] | Format-List * | Out-String;"
            + " Get-ContainerImageDetail $args[0] | ConvertTo-Json -Depth 9;"
            + " Get-ContainerBuildCache | Format-List * | Out-String; Get-ContainerEvent | Format-List * | Out-String", image, saved).Lines);
        Assert.Contains("busybox", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        Assert.True(Holds(saved, "manifest.json"u8.ToArray()), "nothing was saved");
        Assert.False(Holds(saved, s_secret) || Holds(saved, s_credential));
    }

    /// <summary>Files of both roots, whatever their size.</summary>
    private string[] Holding()
    {
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        string[] files = [.. new[] { Host.Shell.DataRoot, Host.Shell.RunRoot }.SelectMany(root => Directory.EnumerateFiles(root, "*", all))];
        Assert.NotEmpty(files);
        return [.. files.Where(file =>
            Path.GetFileName(file).Contains(Secret, StringComparison.Ordinal) || Holds(file, s_secret) || Holds(file, s_credential))];
    }

    /// <summary>Sockets and pipes hold nothing.</summary>
    private static bool Holds(string file, byte[] text)
    {
        try
        {
            return File.GetUnixFileMode(file) is var _ && new FileInfo(file).Length > 0 && File.ReadAllBytes(file).AsSpan().IndexOf(text) >= 0;
        }
        catch (FileNotFoundException)
        {
            return false; // Of the step, which goes on meanwhile.
        }
    }

    /// <summary>Whom it was told by the command line, and who has it in a variable: "step PID" or "host PID".</summary>
    private static (string[] Told, string[] Knowing) Processes()
    {
        List<string> told = [];
        List<string> knowing = [];
        string? here = new FileInfo("/proc/self/ns/pid").LinkTarget;
        foreach (string process in Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            if (ContainerHostFixture.ReadOrEmpty(process + "/cmdline").Contains(Secret, StringComparison.Ordinal))
            {
                told.Add(process);
            }

            if (ContainerHostFixture.ReadOrEmpty(process + "/environ").Contains(Secret, StringComparison.Ordinal))
            {
                knowing.Add((new FileInfo(process + "/ns/pid").LinkTarget == here ? "host " : "step ") + Path.GetFileName(process));
            }
        }

        return ([.. told], [.. knowing]);
    }
}
