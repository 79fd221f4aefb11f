using System.Diagnostics;
using System.Text.Json;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>What a builder made of a Dockerfile.</summary>
/// <param name="Tree">Lines of <see cref="TarListing"/> by their paths.</param>
/// <param name="Config">The image's config, as docker writes it.</param>
internal sealed record BuiltTree(SortedDictionary<string, string> Tree, JsonElement Config);

/// <summary>
/// docker's own builder, the old one, and buildah. Each has its stores in one folder in memory and works in a mount namespace of its own, where
/// tmpfs hides the places of other ones: nothing stays but the folder, which is removed.
/// </summary>
public sealed class BuildReferees : IDisposable
{
    private const string Hide = "mount -t tmpfs none /run; mount -t tmpfs none /var/lib; ";

    private readonly string _cgroup = "containers-referee-" + Guid.NewGuid().ToString("N")[..12];
    private Process? _dockerd;
    private bool _buildahHasBase;

    public BuildReferees()
    {
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        Folder = Directory.CreateDirectory(Path.Combine(parent, "containers-referees-" + Guid.NewGuid().ToString("N")[..12])).FullName;
        File.WriteAllText(Path.Combine(Folder, "config.json"), "{}");
    }

    public string Folder { get; }

    /// <summary>What is in every container of docker's, so that its exports do not tell what an image has there.</summary>
    internal static readonly string[] OfDocker =
    [
        "/.dockerenv", "/dev", "/dev/console", "/dev/pts", "/dev/shm", "/etc/hostname", "/etc/hosts", "/etc/mtab", "/etc/resolv.conf", "/proc", "/sys",
    ];

    /// <summary>An archive with the base images of all builds.</summary>
    public string Base => Path.Combine(Folder, "base.tar");

    /// <summary>Why a referee cannot be asked; null when it can.</summary>
    public string? Missing(string referee)
    {
        string[] programs = referee == "docker" ? ["docker", "dockerd", "unshare", "tar"] : ["buildah", "unshare", "tar"];
        return programs.FirstOrDefault(program => !Has(program)) is { } missing ? missing + " is not installed"
            : referee == "docker" && _dockerd is null && Process.GetProcessesByName("dockerd").Length > 0 ? "a dockerd runs already, and two disturb each other"
            : null;
    }

    public void Dispose()
    {
        if (_dockerd is not null)
        {
            // dockerd is the first process of a namespace: whatever it started ends with it, and unshare ends after it.
            foreach (int pid in LifecycleTest.Children(_dockerd.Id))
            {
                using Process daemon = Process.GetProcessById(pid);
                daemon.Kill();
            }

            _dockerd.WaitForExit();
            _dockerd.Dispose();
            foreach (string group in ContainerHostFixture.CgroupDirectories(_cgroup))
            {
                Directory.Delete(group);
            }
        }

        Directory.Delete(Folder, recursive: true);
    }

    internal BuiltTree Build(string referee, string context) => referee == "docker" ? Docker(context) : Buildah(context);

    private BuiltTree Docker(string context)
    {
        StartDockerd();
        string image = Run("docker", ["build", "-q", "--network", "none", context]).Trim();
        string container = Run("docker", ["create", image, "none"]).Trim();
        string tar = context + ".docker.tar";
        Run("docker", ["export", "-o", tar, container]);
        return new BuiltTree(TarListing.Read(tar), Json(Run("docker", ["image", "inspect", image]))[0]);
    }

    private BuiltTree Buildah(string context)
    {
        string tar = context + ".buildah.tar";
        string load = _buildahHasBase ? "" : string.Concat(
            RefereedBuild.BaseImages.Select(image => $"$b pull -q docker-archive:\"$f/base.tar:{image}\" >/dev/null; "));
        string output = Run("unshare", [
            "--mount", "sh", "-ec",
            Hide + "f=$0; b=\"buildah --root $f/buildah/root --runroot $f/buildah/run --storage-driver vfs\"; " + load
            + "$b build -q --isolation chroot --network host --cap-add MKNOD --format docker --identity-label=false --pull-never \"$1\"",
            Folder, context]);
        _buildahHasBase = true;

        // With vfs a layer is a directory with the whole tree. A container of the image to look into would do its triggers.
        string id = output.Trim().Split('\n')[^1], store = Path.Combine(Folder, "buildah/root");
        JsonElement images = Json(File.ReadAllText(Path.Combine(store, "vfs-images/images.json")));
        string layer = images.EnumerateArray().Single(one => one.GetProperty("id").GetString() == id).GetProperty("layer").GetString()!;
        Run("tar", "-C", Path.Combine(store, "vfs/dir", layer), "--format=posix", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-cf", tar, ".");
        string config = Path.Combine(store, "vfs-images", id, "=" + Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes("sha256:" + id)));
        return new BuiltTree(TarListing.Read(tar), Json(File.ReadAllText(config)));
    }

    /// <summary>Runs a program to its end and gives what it wrote.</summary>
    internal string Run(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
        }

        Assert.True(process.ExitCode == 0, $"{program} {arguments[0]} ended with {process.ExitCode}: {errors.Result}\n{output.Result}");
        return output.Result;
    }

    private Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOCKER_HOST"] = $"unix://{Folder}/docker.sock";
        start.Environment["DOCKER_CONFIG"] = start.Environment["HOME"] = Folder;
        start.Environment["DOCKER_BUILDKIT"] = "0";
        start.Environment["TMPDIR"] = Folder;
        start.Environment.Remove("REGISTRY_AUTH_FILE");
        return Process.Start(start)!;
    }

    private void StartDockerd()
    {
        if (_dockerd is not null)
        {
            return;
        }

        // It writes a key into /etc: that goes to a layer above.
        _dockerd = Start(
            "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-ec",
            "f=$0; mkdir $f/docker; mount -t tmpfs none $f/docker; mkdir $f/docker/upper $f/docker/work; "
            + "mount -t overlay -o lowerdir=/etc,upperdir=$f/docker/upper,workdir=$f/docker/work none /etc; " + Hide
            + "ip link set lo up; echo '{}' > $f/docker/daemon.json; exec dockerd --config-file $f/docker/daemon.json --data-root $f/docker/data "
            + "--exec-root $f/docker/exec --pidfile $f/docker/pid -H unix://$f/docker.sock --iptables=false --bridge=none --cgroup-parent $1 --log-level error",
            Folder, _cgroup);
        Task<string> log = _dockerd.StandardError.ReadToEndAsync();
        _ = _dockerd.StandardOutput.ReadToEndAsync();
        while (!File.Exists(Path.Combine(Folder, "docker.sock")))
        {
            Assert.False(_dockerd.HasExited, _dockerd.HasExited ? "dockerd does not start: " + log.Result : "");
            Thread.Sleep(20);
        }

        Run("docker", "load", "-q", "-i", Base);
    }

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static bool Has(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
