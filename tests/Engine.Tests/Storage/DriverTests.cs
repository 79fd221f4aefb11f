using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Storage;

/// <summary>What all drivers have in common, on real file systems.</summary>
public sealed class DriverTests
{
    private const string Base = """
        mkdir -p etc dir/sub keep opaque usr/bin proc sys dev
        echo one > etc/one; echo two > dir/two; echo three > dir/sub/three; echo k > keep/k
        echo a > opaque/a; echo b > opaque/b
        echo prog > usr/bin/prog; chmod 4755 usr/bin/prog
        echo h1 > keep/h1; ln keep/h1 keep/h2; ln -s one etc/link
        touch -d @1000000000 etc/one dir/two dir/sub/three keep/k keep/h1 opaque/a opaque/b usr/bin/prog
        touch etc/hosts etc/hostname etc/resolv.conf
        """;

    public static TheoryData<string> Kinds => new("overlay", "vfs", "btrfs", "vfs+btrfs");

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void A_new_container_is_what_its_image_is_and_has_no_changes(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        Assert.Empty(bench.Changes());
        Assert.Empty(bench.Layer());
        Assert.Equal(bench.Look(bench.Image), bench.Look());
        Assert.Contains("./usr/bin/prog|f|4755", bench.Look(), StringComparison.Ordinal);
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void Added_changed_and_deleted_paths_are_told_with_their_parents(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        bench.Change("echo new > etc/new; mkdir -p var/lib/x; echo more >> etc/one; rm dir/two; rm -r dir/sub; chmod 600 keep/k");

        Assert.Equal(
            ["C /dir", "D /dir/sub", "D /dir/two", "C /etc", "A /etc/new", "C /etc/one", "C /keep", "C /keep/k", "A /var", "A /var/lib", "A /var/lib/x"],
            bench.Changes());
        Assert.Equal(
            ["./", "dir/", "dir/.wh.sub", "dir/.wh.two", "etc/", "etc/new", "etc/one", "keep/", "keep/k", "var/", "var/lib/", "var/lib/x/"],
            bench.Layer());
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void A_type_that_changed_replaces_what_was_there(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        bench.Change("rm -r dir; echo file > dir; rm etc/one; mkdir etc/one; echo in > etc/one/in; rm etc/link; mkfifo etc/link");

        Assert.Equal(["C /dir", "C /etc", "C /etc/link", "C /etc/one", "A /etc/one/in"], bench.Changes());
        ImageRecord made = bench.Images.Open(bench.Commit().Id);
        Assert.Equal(bench.Look(), bench.Look(made));
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void A_directory_that_was_removed_and_made_again_hides_what_was_in_it(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        bench.Change("rm -r opaque; mkdir opaque; echo c > opaque/c; echo again > opaque/a");

        Assert.Equal(["C /opaque", "C /opaque/a", "D /opaque/b", "A /opaque/c"], bench.Changes());
        Assert.Equal(
            kind == "overlay" ? ["./", "opaque/", "opaque/.wh..wh..opq", "opaque/a", "opaque/c"]
                : ["./", "opaque/", "opaque/a", "opaque/.wh.b", "opaque/c"],
            bench.Layer());
        ImageRecord made = bench.Images.Open(bench.Commit().Id);
        Assert.Equal(bench.Look(), bench.Look(made));
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void A_renamed_directory_is_gone_here_and_new_there(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        bench.Change("mv dir moved; mv keep/k keep/l");

        Assert.Equal(
            ["D /dir", "C /keep", "D /keep/k", "A /keep/l", "A /moved", "A /moved/sub", "A /moved/sub/three", "A /moved/two"], bench.Changes());
        ImageRecord made = bench.Images.Open(bench.Commit().Id);
        Assert.Equal(bench.Look(), bench.Look(made));
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void A_new_hard_link_of_an_old_file_stays_one(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        bench.Change("ln dir/two etc/linked; echo x > var1; ln var1 var2");

        Assert.Equal(["C /dir", "C /dir/two", "C /etc", "A /etc/linked", "A /var1", "A /var2"], bench.Changes());
        Assert.Equal(["./", "dir/", "dir/two", "etc/", "etc/linked = dir/two", "var1", "var2 = var1"], bench.Layer());
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void Modes_owners_and_attributes_alone_are_changes(string kind)
    {
        Skip.IfNot(Shell.Has("setfattr") && Shell.Has("setcap"), "setfattr and setcap are not installed");
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        bench.Change("chmod 700 dir; chown 7:8 etc/one; setcap cap_net_raw+ep usr/bin/prog; touch -h -d @5 etc/link; "
            + (kind == "overlay" ? "setfattr -n user.note -v hi keep" : "setfattr -n user.note -v hi keep; setfattr -n user.note -v hi keep/k"));

        string[] changes = bench.Changes();
        foreach (string wanted in new[] { "C /dir", "C /etc/one", "C /etc/link", "C /usr/bin/prog", "C /keep" })
        {
            Assert.Contains(wanted, changes);
        }

        Assert.DoesNotContain("C /dir/two", changes);
        ImageRecord made = bench.Images.Open(bench.Commit().Id);
        Assert.Equal(bench.Look(), bench.Look(made));
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void Layers_above_layers_give_the_same_tree(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base, "rm -r opaque; mkdir opaque; echo z > opaque/z; rm etc/one; mkdir etc/one; rm dir/two; ln keep/h1 h3");
        Assert.Equal(2, bench.Image.Config.RootFs.DiffIds.Count);
        Assert.Empty(bench.Changes());

        // The engine's overlay view is the referee of the flat trees.
        OverlayDriver overlay = new(bench.DataRoot);
        using RootedDirectory view = overlay.OpenRoot(bench.Image, null);
        string seen = Shell.Run(
            "find . -mindepth 1 -printf '%p|%y|%m|%U:%G|%l|%Ts\\n' | sort", $"/proc/{Environment.ProcessId}/fd/{view.Handle.DangerousGetHandle()}/");
        using RootedDirectory root = bench.Driver.OpenRoot(bench.Image, bench.Container);
        Assert.Equal(seen, Shell.Run(
            "find . -mindepth 1 -printf '%p|%y|%m|%U:%G|%l|%Ts\\n' | sort", $"/proc/{Environment.ProcessId}/fd/{root.Handle.DangerousGetHandle()}/"));

        bench.Change("echo deep > etc/one/deep; rm opaque/z");
        ImageRecord made = bench.Images.Open(bench.Commit().Id);
        Assert.Equal(3, made.Config.RootFs.DiffIds.Count);
        Assert.Equal(bench.Look(), bench.Look(made));
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void Mount_points_that_a_start_makes_are_no_changes(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage("mkdir bin; echo x > bin/x");

        bench.Change("mkdir proc sys dev etc; : > etc/hosts; : > etc/hostname; : > etc/resolv.conf");
        Assert.Empty(bench.Changes());
        Assert.Empty(bench.Layer());

        bench.Change("echo own > etc/own; mkdir dev/own");
        Assert.Equal(["A /dev", "A /dev/own", "A /etc", "A /etc/own"], bench.Changes());
        Assert.Equal(["./", "dev/", "dev/own/", "etc/", "etc/own"], bench.Layer());
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void Only_the_paths_that_were_asked_for_are_kept_with_their_parents(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        bench.Change("echo 1 > etc/new; rm dir/sub/three; rm dir/two; rm -r opaque; mkdir opaque; echo x > other; chmod 700 dir");

        Assert.Equal(["./", "dir/", "dir/sub/", "dir/sub/.wh.three", "etc/", "etc/new"], bench.Layer(["/etc/new", "/dir/sub/"]));
        Assert.Equal(["./", "opaque/", "opaque/.wh.b"], bench.Layer(["/opaque/b"]));
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void The_same_changes_give_the_same_image_and_none_give_no_layer(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);
        ContainerImage nothing = bench.Commit();
        Assert.Equal(1, nothing.Layers);
        Assert.True(bench.Images.Open(nothing.Id).Config.History[^1].EmptyLayer);

        bench.Change("echo x > x; touch -d @2000000000 x");
        ContainerImage once = bench.Commit(latest: DateTimeOffset.FromUnixTimeSeconds(1_500_000_000));

        Assert.Equal(2, once.Layers);
        Assert.Equal(once.Id, bench.Commit(latest: DateTimeOffset.FromUnixTimeSeconds(1_500_000_000)).Id);
        Assert.NotEqual(once.Id, bench.Commit().Id);
        Assert.Contains("./x|f|644|0:0|1||1500000000|2", bench.Look(bench.Images.Open(once.Id)), StringComparison.Ordinal);
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void Names_that_mean_whiteouts_in_layers_are_refused(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);

        bench.Change("echo x > etc/.wh.one");

        Assert.Equal(["C /etc", "A /etc/.wh.one"], bench.Changes());
        Assert.Equal("ReservedFileName", Assert.Throws<EngineException>(() => bench.Commit()).ErrorId);
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void Holes_devices_and_strange_names_survive(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(
            Base + "\ntruncate -s 8M hole; printf end >> hole; mknod null c 1 3; mknod blk b 7 0; mkfifo pipe; printf x > \"$(printf 'b\\377d')\"");

        Assert.Equal(bench.Look(bench.Image), bench.Look());
        bench.Change("truncate -s 9M hole2; mknod zero c 1 5; printf y > \"$(printf 'n\\377w')\"");

        Assert.Equal(["A /hole2", "A /n\\xFFw", "A /zero"], bench.Changes());
        ImageRecord made = bench.Images.Open(bench.Commit().Id);
        Assert.Equal(bench.Look(), bench.Look(made));
        using RootedDirectory root = bench.Driver.OpenRoot(made, null);
        Assert.True(root.TryStat("/hole2", out Libc.statx_t status));
        Assert.True(status.stx_blocks < 1000, $"{status.stx_blocks} blocks");
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void An_export_is_the_whole_root(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);
        bench.Change("echo new > etc/new; rm -r dir");
        string archive = bench.DataRoot + "/export.tar";
        using (FileStream file = File.Create(archive))
        using (RootedDirectory root = bench.Driver.OpenRoot(bench.Image, bench.Container))
        {
            RootExporter.Write(root, new TarWriter(file), CancellationToken.None);
        }

        string[] names = Shell.Run($"tar tf '{archive}'", "/").Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("./", names[0]);
        Assert.Contains("etc/new", names);
        Assert.DoesNotContain("dir/", names);
        Assert.Equal("prog\n", Shell.Run($"tar xOf '{archive}' usr/bin/prog", "/"));
    }

    [SkippableTheory, MemberData(nameof(Kinds))]
    public void Nothing_is_left_of_a_removed_container_and_of_an_image_that_is_gone(string kind)
    {
        using DriverBench bench = new DriverBench(kind).WithImage(Base);
        bench.Change("echo x > x");
        if (kind == "btrfs")
        {
            Shell.Run("btrfs -q subvolume create sub && mkdir sub/d && btrfs -q subvolume create sub/d/nested && echo x > sub/d/nested/x", bench.Container + "/layer/root");
        }

        bench.RemoveContainer();
        Assert.False(Directory.Exists(bench.Container));

        new StorageDrivers(bench.DataRoot, () => null).RemoveUnusedRoots(() => [bench.Image]);
        Assert.Equal(kind == "overlay" ? 0 : 1, Roots(bench));
        new StorageDrivers(bench.DataRoot, () => null).RemoveUnusedRoots(() => []);
        Assert.Equal(0, Roots(bench));
    }

    private static int Roots(DriverBench bench)
    {
        string folder = bench.DataRoot + "/roots/" + bench.Driver.Name;
        return Directory.Exists(folder) ? Directory.GetDirectories(folder).Length : 0;
    }
}
