using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>A test that builds in a directory of its own. After each one neither containers nor steps may be left.</summary>
public abstract class BuildTest : LifecycleTest
{
    protected BuildTest(ContainerHostFixture host)
        : base(host) => Context = Directory.CreateTempSubdirectory("containers-build-").FullName;

    protected string Context { get; }

    protected override void Clean()
    {
        base.Clean();
        Directory.Delete(Context, recursive: true);
    }

    protected override string Leftovers() => string.Join(
        '\n',
        new[] { base.Leftovers() }.Concat(new[] { "build/steps", "build/tmp" }
            .Select(name => Path.Combine(Host.Shell.DataRoot, name)).Where(Directory.Exists).SelectMany(Directory.GetFileSystemEntries)
            .Where(entry => Path.GetFileName(entry) != "lock")).Where(line => line.Length > 0));

    /// <summary>Writes a file of the context.</summary>
    protected string Write(string name, string content)
    {
        string path = Path.Combine(Context, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    protected void Dockerfile(params string[] lines) => Write("Dockerfile", string.Join('\n', lines) + "\n");

    /// <summary>Builds the context without a network.</summary>
    protected ScriptResult Build(string parameters = "") => Ok($"Build-ContainerImage $args[0] -Network none {parameters}", Context);

    /// <summary>The error of a build that must fail.</summary>
    protected string FailsToBuild(string errorId, string parameters = "") =>
        Fails(errorId, $"Build-ContainerImage $args[0] -Network none {parameters}", Context).Exception.Message;

    /// <summary>"RUN touch /a: cached" for each step.</summary>
    protected string[] Steps(string parameters = "") =>
    [
        .. Ok(
            $"Build-ContainerImage $args[0] -Network none -PassThru {parameters} | Where-Object {{ $_.GetType().Name -eq 'BuildStep' }} |"
            + " ForEach-Object { \"$($_.Instruction): $(if ($_.Cached) { 'cached' } elseif ($_.WouldRun) { 'to do' } else { 'done' })\" }", Context).Lines,
    ];

    /// <summary>Lines that a command prints in a container of an image.</summary>
    protected IReadOnlyList<string> InImage(string image, string shellScript) =>
        Ok($"Invoke-ContainerImage {image} -RemoveOnExit -Network none -Entrypoint sh -Command '-c', $args[0]", shellScript).Lines;

    protected string Config(string image, string expression) =>
        Ok($"$c = (Get-ContainerImageDetail {image}).Config; \"$({expression})\"").Lines.Single();
}
