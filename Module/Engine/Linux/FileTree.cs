namespace Containers.Engine.Linux;

internal static unsafe class FileTree
{
    internal static int Remove(int directory, byte* path) => 0;
}
