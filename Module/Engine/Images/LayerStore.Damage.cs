using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// A layer that a check found damaged is marked: containers still start from it, because that may be all there is of it, but the next pull or
/// load of an image that has it fetches it again.
/// </summary>
internal sealed unsafe partial class LayerStore
{
    private const string DamageName = "damaged";
    private const int MaxDamageBytes = 4096;

    /// <summary>What a check found wrong; null where nothing is known.</summary>
    internal string? DamageOf(Digest diffId) =>
        SmallFile.Read(DamagePath(diffId), MaxDamageBytes) is byte[] text ? Encoding.UTF8.GetString(text) : null;

    /// <summary>Keeps what a check found, or that it found nothing. What cannot be written is lost: the next check finds it again.</summary>
    internal void Mark(Digest diffId, string? damage)
    {
        try
        {
            if (damage is not null)
            {
                SmallFile.Replace(DamagePath(diffId), Encoding.UTF8.GetBytes(damage.Length > 1000 ? damage[..1000] : damage));
            }
            else if (File.Exists(DamagePath(diffId)))
            {
                SmallFile.Remove(DamagePath(diffId));
            }
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EROFS or Errno.ENOENT)
        {
        }
    }

    private string DamagePath(Digest diffId) => Path.Join(DirectoryOf(diffId), DamageName);
}
