/**
 * Members of Glance's images: projects with which an image is shared.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import type { Image } from "./_records.ts";
import {
  type Call,
  jsonResponse,
  noContent,
  readJson,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

/** A project with which an image is shared. */
interface Member {
  readonly member_id: string;
  readonly image_id: string;
  readonly status: "pending";
  readonly created_at: string;
  readonly updated_at: string;
}

/** Creates the routes of members; only their projects can accept an image. */
export function memberRoutes(
  account: Account,
  findOwn: (call: Call) => Image,
): Routes {
  const members: Member[] = [];
  const path = "/v2/images/{id}/members";
  const show = (member: Member) => ({
    ...member,
    schema: "/v2/schemas/member",
  });

  function findShared(call: Call, refused: string): Image {
    const image = findOwn(call);
    if (image.visibility === "shared") return image;
    throw new Refusal(403, `Not allowed to ${refused} image ${image.id}`);
  }

  function find(call: Call): Member {
    const { id } = findOwn(call);
    const project = call.params.get("member");
    const found = members.find(({ member_id, image_id }) =>
      image_id === id && member_id === project
    );
    if (found !== undefined) return found;
    throw new Refusal(
      404,
      `${project} not found in the member list of the image ${id}.`,
    );
  }

  return {
    [`GET ${path}`]: (call) => {
      const { id } = findShared(call, "list members for");
      const found = members.filter(({ image_id }) => image_id === id);
      const schema = "/v2/schemas/members";
      return jsonResponse(200, { members: found.map(show), schema });
    },
    [`POST ${path}`]: async (call) => {
      const { id: image_id } = findShared(call, "create members for");
      const { member } = await readJson(call.request);
      if (typeof member !== "string" || member === "") {
        throw new Refusal(400, "Member can't be empty");
      }
      const isTaken = members.some((it) =>
        it.image_id === image_id && it.member_id === member
      );
      if (isTaken) {
        const message = `Member ${member} is duplicated for image ${image_id}`;
        throw new Refusal(409, message);
      }
      const now = account.timestamp();
      const added: Member = {
        member_id: member,
        image_id,
        status: "pending",
        created_at: now,
        updated_at: now,
      };
      members.push(added);
      return jsonResponse(200, show(added));
    },
    [`GET ${path}/{member}`]: (call) => jsonResponse(200, show(find(call))),
    [`PUT ${path}/{member}`]: (call) => {
      const { image_id } = find(call);
      const message = `Not allowed to update members for image ${image_id}.`;
      throw new Refusal(403, message);
    },
    [`DELETE ${path}/{member}`]: (call) => {
      members.splice(members.indexOf(find(call)), 1);
      return noContent();
    },
  };
}
